#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>

#define WORDS 16

static const char *const quirk_names[S3_QUIRK_COUNT] = {
#define X(name) #name,
    S3_QUIRKS(X)
#undef X
};

/* Two servers of Debian 12: radosgw 16.2 and Swift 2.30 with s3api. */
static const enum s3_quirk radosgw[] = {
    S3_QUIRK_empty_complete_etag, S3_QUIRK_unknown_upload_500,
    S3_QUIRK_empty_message,       S3_QUIRK_ignore_conditional_complete,
    S3_QUIRK_ignore_checksums,    S3_QUIRK_any_part_number,
    S3_QUIRK_any_part_order,      S3_QUIRK_all_parts_needed,
};
static const enum s3_quirk swift[] = {
    S3_QUIRK_conditional_501,
    S3_QUIRK_ignore_checksums,
};

static const char *set_quirks(s3_sim *sim, const enum s3_quirk *quirks, size_t count,
                              bool on)
{
    for (size_t i = 0; i < count; i++)
        sim->quirks[quirks[i]] = on;
    return NULL;
}

static const char *quirk(s3_sim *sim, char **words)
{
    bool on = strcmp(words[2], "on") == 0;
    if (!on && strcmp(words[2], "off") != 0)
        return "a quirk is on or off";
    if (strcmp(words[1], "radosgw") == 0)
        return set_quirks(sim, radosgw, sizeof radosgw / sizeof *radosgw, on);
    if (strcmp(words[1], "swift") == 0)
        return set_quirks(sim, swift, sizeof swift / sizeof *swift, on);
    for (int i = 0; i < S3_QUIRK_COUNT; i++) {
        if (strcmp(quirk_names[i], words[1]) != 0)
            continue;
        sim->quirks[i] = on;
        return NULL;
    }
    return "no such quirk";
}

static const char *parse_real(const char *text, double low, double high, double *number)
{
    char *end;
    *number = strtod(text, &end);
    bool good = end != text && *end == '\0' && *number >= low && *number <= high;
    return good ? NULL : "number out of range";
}

static const char *set_clock(s3_sim *sim, char **words)
{
    double number;
    const char *wrong = parse_real(words[1], 0, 4102444800, &number);
    if (!wrong)
        sim_clock_set(&sim->clock, number, sim_mono_us());
    return wrong;
}

/* Seconds from now, backwards too. */
static const char *advance(s3_sim *sim, char **words)
{
    double number;
    const char *wrong = parse_real(words[1], -1e9, 1e9, &number);
    if (!wrong)
        sim_clock_set(&sim->clock, s3_now(sim) + number, sim_mono_us());
    return wrong;
}

static const char *set_rate(s3_sim *sim, char **words)
{
    double number;
    const char *wrong = parse_real(words[1], 0, 1e6, &number);
    if (!wrong)
        sim_clock_set_rate(&sim->clock, number, sim_mono_us());
    return wrong;
}

static const char *set_size(const char *text, long long low, long long high, size_t *size)
{
    long long number;
    if (!s3_parse_number(text, low, high, &number))
        return "number out of range";
    *size = (size_t)number;
    return NULL;
}

static const char *set_page(s3_sim *sim, char **words)
{
    return set_size(words[1], 1, 1000, &sim->page_size);
}

static const char *set_part_minimum(s3_sim *sim, char **words)
{
    return set_size(words[1], 0, (long long)5 << 30, &sim->part_minimum);
}

static const char *set_put_maximum(s3_sim *sim, char **words)
{
    return set_size(words[1], 0, (long long)5 << 30, &sim->put_maximum);
}

static const char *set_lifetime(s3_sim *sim, char **words)
{
    return s3_parse_number(words[1], 0, INT32_MAX, &sim->lifetime_s)
               ? NULL
               : "number out of range";
}

static const char *set_text(char **text, const char *word)
{
    free(*text);
    *text = word && strcmp(word, "-") != 0 ? s3_copy(word) : NULL;
    return NULL;
}

static const char *set_region(s3_sim *sim, char **words)
{
    free(sim->region);
    sim->region = s3_copy(words[1]);
    return NULL;
}

static const char *set_host(s3_sim *sim, char **words)
{
    free(sim->host);
    sim->host = s3_copy(words[1]);
    return NULL;
}

static const char *set_role(s3_sim *sim, char **words)
{
    return set_text(&sim->role, words[1]);
}

static const char *set_container(s3_sim *sim, char **words)
{
    set_text(&sim->container_path, words[1]);
    return set_text(&sim->container_token, words[2]);
}

static const char *set_bucket(s3_sim *sim, char **words)
{
    struct s3_bucket *bucket = s3_store_bucket(&sim->store, words[1]);
    const char *region = words[2] ? words[2] : sim->region;
    if (bucket)
        snprintf(bucket->region, sizeof bucket->region, "%s", region);
    else
        s3_store_add_bucket(&sim->store, words[1], region, s3_now_ms(sim));
    return NULL;
}

static const char *add_key(s3_sim *sim, char **words)
{
    const char *token = words[3] && strcmp(words[3], "-") != 0 ? words[3] : NULL;
    double expires = 0;
    const char *wrong =
        words[3] && words[4] ? parse_real(words[4], 0, 4102444800, &expires) : NULL;
    if (strlen(words[1]) > 63)
        wrong = "an access key has at most 63 characters";
    if (!wrong)
        s3_key_add(sim, words[1], words[2], token, expires);
    return wrong;
}

static const char *expire_key(s3_sim *sim, char **words)
{
    struct s3_key *key = s3_key_find(sim, words[1]);
    double when = s3_now(sim);
    const char *wrong = key ? NULL : "no such key";
    if (words[2] && !wrong)
        wrong = parse_real(words[2], 0, 4102444800, &when);
    if (!wrong)
        key->expires = when;
    return wrong;
}

static const char *drop_key(s3_sim *sim, char **words)
{
    struct s3_key *key = s3_key_find(sim, words[1]);
    if (!key)
        return "no such key";
    key->access[0] = '\0'; /* no request can name it */
    return NULL;
}

static const char *delete_object(s3_sim *sim, char **words)
{
    struct s3_bucket *bucket = s3_store_bucket(&sim->store, words[1]);
    return bucket && s3_bucket_delete(bucket, words[2]) ? NULL : "no such object";
}

static const char *drop_stalled(s3_sim *sim, char **words)
{
    (void)words;
    sim->drop_held = true;
    s3_server_wake(sim);
    return NULL;
}

static const char *set_down(s3_sim *sim, char **words)
{
    sim->down = strcmp(words[1], "on") == 0;
    return sim->down || strcmp(words[1], "off") == 0 ? NULL : "down is on or off";
}

static const struct command {
    const char *name;
    unsigned words_min; /* with the name */
    unsigned words_max;
    const char *(*obey)(s3_sim *sim, char **words);
} commands[] = {
    {"quirk", 3, 3, quirk},
    {"clock", 2, 2, set_clock},
    {"advance", 2, 2, advance},
    {"rate", 2, 2, set_rate},
    {"page", 2, 2, set_page},
    {"part_minimum", 2, 2, set_part_minimum},
    {"put_maximum", 2, 2, set_put_maximum},
    {"region", 2, 2, set_region},
    {"host", 2, 2, set_host},
    {"bucket", 2, 3, set_bucket},
    {"delete", 3, 3, delete_object},
    {"key", 3, 5, add_key},
    {"expire", 2, 3, expire_key},
    {"drop_key", 2, 2, drop_key},
    {"lifetime", 2, 2, set_lifetime},
    {"role", 2, 2, set_role},
    {"container", 2, 3, set_container},
    {"drop_stalled", 1, 1, drop_stalled},
    {"down", 2, 2, set_down},
};

static const char *fault(s3_sim *sim, char **words, size_t count)
{
    if (count != 2 || strcmp(words[1], "clear") != 0)
        return s3_fault_add(&sim->faults, words + 1, count - 1);
    s3_faults_clear(&sim->faults);
    return NULL;
}

static bool print_lines(s3_sim *sim, const char *word, FILE *out)
{
    if (strcmp(word, "stats") == 0)
        s3_stats_print(sim, out);
    else if (strcmp(word, "log") == 0)
        s3_log_print(sim, out);
    else if (strcmp(word, "list") == 0)
        s3_store_print(sim, out);
    else
        return false;
    return true;
}

static void reset(s3_sim *sim)
{
    s3_store_clear(&sim->store);
    s3_faults_clear(&sim->faults);
    memset(sim->faults.struck, 0, sizeof sim->faults.struck);
    s3_log_clear(sim);
    drop_stalled(sim, NULL);
}

static const char *obey(s3_sim *sim, char **words, size_t count, FILE *out)
{
    if (strcmp(words[0], "fault") == 0)
        return fault(sim, words, count);
    if (count == 1 && strcmp(words[0], "reset") == 0) {
        reset(sim);
        return NULL;
    }
    if (count == 1 && out && print_lines(sim, words[0], out))
        return NULL;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const struct command *command = &commands[i];
        if (strcmp(command->name, words[0]) != 0)
            continue;
        if (count < command->words_min || count > command->words_max)
            return "wrong number of words";
        return command->obey(sim, words);
    }
    return "no such command";
}

const char *s3_sim_ask(s3_sim *sim, const char *line, FILE *out)
{
    char *words[WORDS] = {NULL};
    char *copy = s3_copy(line);
    char *rest = copy;
    size_t count = 0;
    const char *wrong = NULL;
    char *word;
    while ((word = strtok_r(count ? NULL : copy, " \t\r\n", &rest)) != NULL && !wrong) {
        if (count == WORDS - 1)
            wrong = "too many words";
        else
            words[count++] = word;
    }
    pthread_mutex_lock(&sim->lock);
    if (count > 0 && !wrong)
        wrong = obey(sim, words, count, out);
    pthread_mutex_unlock(&sim->lock);
    free(copy);
    return wrong;
}

const char *s3_sim_script(s3_sim *sim, const char *line)
{
    return s3_sim_ask(sim, line, NULL);
}

void s3_sim_reset(s3_sim *sim)
{
    s3_sim_script(sim, "reset");
}

void s3_sim_help(FILE *out)
{
    fputs(
        "  fault OPERATION|any KIND[=VALUE] COUNT|always [key=TEXT] [part=N] [skip=N]\n"
        "        [code=CODE] [work=yes|no]     fault clear\n"
        "  quirk NAME on|off          NAME also radosgw and swift, for all of theirs\n"
        "  clock UNIX_SECONDS | advance SECONDS | rate R\n"
        "  page N                     entries of a listing's page (1000)\n"
        "  part_minimum BYTES         of all parts but the last (5 MiB)\n"
        "  put_maximum BYTES          of one Put, part or Copy (5 GiB)\n"
        "  region NAME | host NAME    bucket.NAME is a bucket (localhost)\n"
        "  bucket NAME [REGION]       makes it, or moves it to the region\n"
        "  delete BUCKET KEY\n"
        "  key ACCESS SECRET [TOKEN|- [EXPIRES]] | expire ACCESS [UNIX_SECONDS]\n"
        "  drop_key ACCESS\n"
        "  lifetime SECONDS           of the keys the services hand out (3600)\n"
        "  role NAME|-                of the instance\n"
        "  container PATH|- [TOKEN|-] of the container's endpoint\n"
        "  down on|off                every request is dropped, and in no log\n"
        "  drop_stalled | reset | stats | log | list\n"
        "Kinds; after drop_before, status, error, error_in_200, stall, retry_after and\n"
        "reply nothing has been done, unless work=yes:\n"
        "  drop_before, drop_after    the connection ends without an answer\n"
        "  drop_during=BYTES          it ends when so much of the body has come\n"
        "  status=N                   with the code that goes with it, or code=CODE\n"
        "  error=CODE                 with the status that goes with it\n"
        "  error_in_200=CODE          behind white space\n"
        "  delay=MS, stall            until the client or drop_stalled ends it\n"
        "  cut_body[=BYTES]           the answer ends early (half)\n"
        "  corrupt_body[=BYTE]        a bit of that byte of the answer is flipped (0)\n"
        "  lose_object                acknowledged, not kept\n"
        "  wrong_size[=BYTES]         so many more of a HEAD's Content-Length (-1), or\n"
        "                             fewer kept of what was put\n"
        "  retry_after=S              503 SlowDown with the header\n"
        "  reply=FILE                 a canned reply: JSON of status, headers, body\n"
        "Operations: any",
        out);
    s3_operation_list(out);
    fputs("Codes (slow_down is SlowDown):", out);
    s3_error_list(out);
    fputs("Quirks:", out);
    for (int i = 0; i < S3_QUIRK_COUNT; i++)
        fprintf(out, "%s%s", i % 4 ? " " : "\n ", quirk_names[i]);
    putc('\n', out);
}
