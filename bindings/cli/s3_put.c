/* s3 put: files, and standard input. */
#include "s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const option_row s3_put_options[] = {
    S3_OPTION_ROWS,
    S3_TARGET_ROWS,
    {"content-type", "TYPE", "(application/octet-stream)"},
    {"content-encoding", "NAME", "gzip, for a compressed file"},
    {"meta", "NAME=VALUE", "metadata; may be given again"},
    {"tag", "NAME=VALUE", "a tag; may be given again"},
    {"journal", "FILE",
     "notes uploads in this SQLite file, so that one that broke off goes on"},
    {NULL, NULL, NULL},
};

enum { TYPE = S3_ROWS + TARGET_ROWS, ENCODING, META, TAG, JOURNAL };

#define GROUP      16 /* files at a time: their parts share what may be in flight */
#define REDRAW_MS  100
#define INPUT_CAP  ((size_t)256 << 10)
#define REDRAW_US  (REDRAW_MS * 1000)
#define MIB        (1024.0 * 1024)
#define NAME_WIDTH 24

typedef struct putting {
    const arguments *args;
    shub_s3 *s3;
    s3_place to;
    shub_s3_put_options opts;
    shub_s3_pair pairs[GIVEN_MAX];
    int bar;           /* 1: standard error is a terminal */
    int64_t begun_us;  /* monotonic */
    int64_t redraw_us; /* not before */
} putting;

/* One file of a group. */
typedef struct sending {
    const char *path;
    char room[SHUB_S3_KEY_MAX + 1];
    s3_place place;
    shub_s3_upload *upload;
    shub_s3_progress progress;
} sending;

/* ---- the line on a terminal ------------------------------------------------------- */

static void draw(putting *p, const char *name, int64_t sent, int64_t reused,
                 int64_t whole, int done, int parts)
{
    int64_t now_us = steady_us();
    double seconds = (double)(now_us - p->begun_us) / SHUB_SECOND_US;

    if (!p->bar || now_us < p->redraw_us)
        return;
    p->redraw_us = now_us + REDRAW_US;
    fprintf(stderr, "\r\033[K%-*.*s ", NAME_WIDTH, NAME_WIDTH, name);
    if (whole > 0)
        fprintf(stderr, "%3d%%  %.1f of %.1f MiB", (int)(100 * sent / whole),
                (double)sent / MIB, (double)whole / MIB);
    else
        fprintf(stderr, "%.1f MiB", (double)sent / MIB);
    fprintf(stderr, "  %.1f MiB/s  part %d", (double)(sent - reused) / MIB / seconds,
            done);
    if (parts)
        fprintf(stderr, " of %d", parts);
}

static void end_drawing(const putting *p)
{
    if (p->bar)
        fputs("\r\033[K", stderr);
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void draw_group(putting *p, const sending *group, int count)
{
    shub_s3_progress sum = SHUB_S3_PROGRESS_INIT;
    char name[32];

    for (int i = 0; i < count; i++) {
        sum.bytes += group[i].progress.bytes;
        sum.sent += group[i].progress.sent;
        sum.reused += group[i].progress.reused;
        sum.parts += group[i].progress.parts;
        sum.parts_done += group[i].progress.parts_done;
    }
    snprintf(name, sizeof name, "%d files", count);
    draw(p, count == 1 ? last_name(group[0].path) : name, sum.sent, sum.reused, sum.bytes,
         sum.parts_done, sum.parts);
}

/* ---- files ------------------------------------------------------------------------ */

static int begin(putting *p, sending *s)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    int code;

    s->place.bucket = p->to.bucket;
    code = s3_name_below(p->to.key, s->path, s->room, &s->place.key);
    if (code != EXIT_OK)
        return code;
    status = shub_s3_upload_file(p->s3, s->place.bucket, s->place.key, s->path, &p->opts,
                                 &s->upload, &err);
    return status == SHUB_OK ? EXIT_OK : failed(s->path, status, &err);
}

static int end_one(putting *p, sending *group, int count, sending *s)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    while ((status = shub_s3_upload_poll(s->upload, REDRAW_MS, &s->progress, &object,
                                         &err)) == SHUB_E_AGAIN) {
        if (input_stopped()) {
            end_drawing(p);
            fprintf(stderr, "sensorhub: %s: interrupted%s\n", s->path,
                    p->args->value[JOURNAL] ? ", the next put goes on" : "");
            return EXIT_LEFT;
        }
        for (int i = 0; p->bar && i < count; i++)
            if (group[i].upload && &group[i] != s)
                (void)shub_s3_upload_poll(group[i].upload, 0, &group[i].progress, NULL,
                                          NULL);
        draw_group(p, group, count);
    }
    if (status != SHUB_OK) {
        end_drawing(p);
        return failed(s->path, status, &err);
    }
    if (p->args->json)
        s3_row(&s->place, &object, 1);
    return EXIT_OK;
}

/* Files at once; one that fails does not stop the others. */
static int put_group(putting *p, char **paths, int count)
{
    static const shub_s3_progress none = SHUB_S3_PROGRESS_INIT;
    sending group[GROUP];
    int code = EXIT_OK;

    memset(group, 0, sizeof group);
    for (int i = 0; i < count; i++) {
        int here;

        group[i].path = paths[i];
        group[i].progress = none;
        here = begin(p, &group[i]);
        code = code == EXIT_OK ? here : code;
    }
    for (int i = 0; i < count; i++) {
        int here = EXIT_OK;

        if (group[i].upload && !input_stopped())
            here = end_one(p, group, count, &group[i]);
        code = code == EXIT_OK ? here : code;
    }
    end_drawing(p);
    for (int i = 0; i < count; i++)
        shub_s3_upload_close(group[i].upload);
    return code;
}

/* ---- standard input --------------------------------------------------------------- */

static shub_status send_input(putting *p, shub_s3_upload *upload, char *bytes, int *code,
                              shub_error *err)
{
    shub_status status = SHUB_OK;
    int64_t sent = 0;
    long got = 1;

    while (status == SHUB_OK && got != 0) {
        got = input_stopped() ? -2 : input_read(STDIN_FILENO, "-", bytes, INPUT_CAP, 500);
        if (got == -2) {
            *code = input_stopped() ? EXIT_LEFT : EXIT_SYSTEM;
            return SHUB_OK;
        }
        if (got <= 0)
            continue;
        status = shub_s3_upload_write(upload, shub_bytes(bytes, (size_t)got), err);
        sent += got;
        draw(p, "-", sent, 0, 0, (int)(sent / SHUB_S3_PART_BYTES), 0);
    }
    return status;
}

static int end_input(putting *p, shub_s3_upload *upload, int code)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    end_drawing(p);
    if (code != EXIT_OK) {
        fputs("sensorhub: -: interrupted, nothing was put\n", stderr);
        status = shub_s3_upload_abort(upload, &err);
        return status == SHUB_OK ? code : failed("-", status, &err);
    }
    status = shub_s3_upload_finish(upload, &object, &err);
    if (status != SHUB_OK)
        return failed("-", status, &err);
    if (p->args->json)
        s3_row(&p->to, &object, 1);
    return EXIT_OK;
}

static int put_input(putting *p)
{
    shub_error err = SHUB_ERROR_INIT;
    char *bytes = malloc(INPUT_CAP);
    shub_s3_upload *upload = NULL;
    int code = EXIT_OK;
    shub_status status = bytes ? shub_s3_upload_open(p->s3, p->to.bucket, p->to.key,
                                                     &p->opts, &upload, &err)
                               : SHUB_E_NOMEM;

    if (status == SHUB_OK)
        status = send_input(p, upload, bytes, &code, &err);
    if (status == SHUB_OK)
        code = end_input(p, upload, code);
    else
        code = failed("-", status, &err);
    shub_s3_upload_close(upload);
    free(bytes);
    return code;
}

/* ---- options ---------------------------------------------------------------------- */

/* Every NAME=VALUE of an option, behind those that are there. EXIT_OK or EXIT_USAGE. */
static int read_pairs(putting *p, int option, const char *name, size_t *used,
                      const shub_s3_pair **pairs, size_t *count)
{
    *pairs = p->pairs + *used;
    for (int i = 0; i < p->args->given_count; i++) {
        const char *text = p->args->given[i].value;
        const char *equals = strchr(text, '=');

        if (p->args->given[i].option != option)
            continue;
        if (!equals || equals == text)
            return usage("--%s: \"%s\" is not NAME=VALUE", name, text);
        p->pairs[*used].name = shub_bytes(text, (size_t)(equals - text));
        p->pairs[(*used)++].value = shub_str(equals + 1);
        (*count)++;
    }
    return EXIT_OK;
}

static int read_options(putting *p)
{
    size_t used = 0;
    int code;

    s3_target_read(p->args, &p->opts);
    p->opts.content_type = shub_str(p->args->value[TYPE]);
    p->opts.content_encoding = shub_str(p->args->value[ENCODING]);
    code = read_pairs(p, META, "meta", &used, &p->opts.metadata, &p->opts.metadata_count);
    return code == EXIT_OK
               ? read_pairs(p, TAG, "tag", &used, &p->opts.tags, &p->opts.tag_count)
               : code;
}

/* What of the files and the target does not go together. */
static int check_files(const putting *p, int files)
{
    int is_prefix = !p->to.key.len || p->to.key.ptr[p->to.key.len - 1] == '/';

    if (files > 1 && !is_prefix)
        return usage("several files want a prefix: s3://bucket/prefix/");
    for (int i = 0; i < files; i++)
        if (strcmp(p->args->rest[i], "-") == 0 && (files > 1 || is_prefix))
            return usage("\"-\" goes alone, to a key");
    return EXIT_OK;
}

static int put_all(putting *p, int files)
{
    int code = EXIT_OK;

    if (strcmp(p->args->rest[0], "-") == 0)
        return put_input(p);
    for (int i = 0; i < files && !input_stopped(); i += GROUP) {
        int here = put_group(p, p->args->rest + i, files - i < GROUP ? files - i : GROUP);
        code = code == EXIT_OK ? here : code;
    }
    return code;
}

int run_s3_put(const arguments *args)
{
    static const shub_s3_put_options init = SHUB_S3_PUT_OPTIONS_INIT;
    int files = args->count - 1, code;
    putting p;

    memset(&p, 0, sizeof p);
    p.args = args;
    p.opts = init;
    p.bar = isatty(STDERR_FILENO);
    p.begun_us = steady_us();
    p.redraw_us = p.begun_us + REDRAW_US;
    code = s3_place_read(args->rest[files], 0, &p.to);
    if (code == EXIT_OK)
        code = check_files(&p, files);
    if (code == EXIT_OK)
        code = read_options(&p);
    if (code == EXIT_OK)
        code = s3_open(args, args->value[JOURNAL], &p.s3);
    if (code == EXIT_OK) {
        input_catch_signals();
        code = put_all(&p, files);
    }
    shub_s3_close(p.s3);
    return code;
}
