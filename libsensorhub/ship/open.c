#include "ship/internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"

#include <string.h>
#include <unistd.h>

#define DEFAULT_PREFIX "sensorhub"
#define JOURNAL_NAME   ".ship.db"
#define UPLOADS_NAME   ".ship.uploads.db"

static shub_status read_options(const shub_ship_options *given, shub_ship_options *opts,
                                shub_error *err)
{
    shub_status status = shub__options_in(opts, sizeof *opts, given, err);

    if (status != SHUB_OK)
        return status;
    if (!opts->root || !opts->root[0] || !opts->dest)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "root and dest must be given");
    if (!opts->prefix)
        opts->prefix = DEFAULT_PREFIX;
    if (!opts->key)
        opts->key = SHUB__KEY_DEFAULT;
    if (!shub_name_valid(shub_str(opts->prefix)))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "prefix \"%.64s\" is no name",
                          opts->prefix);
    return shub__key_check(shub_str(opts->key), err);
}

static shub_status copy_text(char **copy, const char *text, shub_error *err)
{
    *copy = shub__strdup(text);
    return *copy ? SHUB_OK : shub__fail_nomem(err);
}

/* This machine's name need not be one of ours; that matters to templates that use it. */
static shub_status copy_host(shub_ship *ship, const char *host, shub_error *err)
{
    char name[256] = "";

    if (!host) {
        (void)gethostname(name, sizeof name - 1);
        host = name;
    }
    if (strstr(ship->key, "{host}") && !shub_name_valid(shub_str(host)))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "host \"%.64s\" is no name",
                          host);
    return copy_text(&ship->host, host, err);
}

static shub_status check_root(const char *root, shub_error *err)
{
    shub__stat st;
    shub_status status = shub__file_stat_path(root, &st, err);

    if (status == SHUB_OK && !st.is_folder)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "root %s is not a folder",
                          root);
    return status;
}

static shub_status open_journal(shub_ship *ship, const shub_ship_options *opts,
                                shub_error *err)
{
    shub__buf path;
    shub_status status;

    if (opts->journal)
        return shub__journal_open(opts->journal, opts->dest, &ship->journal, err);
    shub__buf_init(&path, strlen(ship->root) + sizeof JOURNAL_NAME);
    shub__buf_printf(&path, "%s/" JOURNAL_NAME, ship->root);
    status = shub__buf_check(&path, "path", err);
    if (status == SHUB_OK)
        status = shub__journal_open(path.ptr, opts->dest, &ship->journal, err);
    shub__buf_fini(&path);
    return status;
}

static shub_status open_dest(shub_ship *ship, const shub_ship_options *opts,
                             shub_error *err)
{
    shub__dest_options more = {opts->s3, NULL, opts->clock};
    shub__buf path;
    shub_status status;

    shub__buf_init(&path, strlen(ship->root) + sizeof UPLOADS_NAME);
    shub__buf_printf(&path, "%s/" UPLOADS_NAME, ship->root);
    status = shub__buf_check(&path, "path", err);
    more.uploads = path.ptr;
    if (status == SHUB_OK)
        status = shub__dest_open(opts->dest, &more, &ship->dest, err);
    shub__buf_fini(&path);
    return status;
}

static shub_status open_parts(shub_ship *ship, const shub_ship_options *opts,
                              shub_error *err)
{
    shub_status status = copy_text(&ship->root, opts->root, err);

    for (size_t len = strlen(opts->root); status == SHUB_OK && len > 1; len--) {
        if (ship->root[len - 1] != '/')
            break;
        ship->root[len - 1] = '\0';
    }
    if (status == SHUB_OK)
        status = copy_text(&ship->prefix, opts->prefix, err);
    if (status == SHUB_OK)
        status = copy_text(&ship->key, opts->key, err);
    if (status == SHUB_OK)
        status = copy_host(ship, opts->host, err);
    if (status == SHUB_OK)
        status = check_root(ship->root, err);
    if (status == SHUB_OK)
        status = open_dest(ship, opts, err);
    return status == SHUB_OK ? open_journal(ship, opts, err) : status;
}

shub_status shub_ship_open(const shub_ship_options *given, shub_ship **out,
                           shub_error *err)
{
    shub_ship_options opts;
    shub_ship *ship;
    shub_status status = read_options(given, &opts, err);

    *out = NULL;
    if (status != SHUB_OK)
        return status;
    ship = shub__calloc(1, sizeof *ship);
    if (!ship)
        return shub__fail_nomem(err);
    ship->clock = opts.clock;
    ship->keep = opts.keep != 0;
    ship->generation = shub__fork_generation();
    status = open_parts(ship, &opts, err);
    if (status != SHUB_OK) {
        shub_ship_close(ship);
        return status;
    }
    *out = ship;
    return SHUB_OK;
}

void shub_ship_close(shub_ship *ship)
{
    if (!ship)
        return;
    shub__journal_close(ship->journal);
    if (ship->dest)
        ship->dest->calls->close(ship->dest);
    shub__free(ship->host);
    shub__free(ship->key);
    shub__free(ship->prefix);
    shub__free(ship->root);
    shub__free(ship);
}

shub_slice shub__ship_path(const shub_ship *ship, const shub_log_file *file)
{
    size_t skip = strlen(ship->root);

    while (skip < file->path.len && file->path.ptr[skip] == '/')
        skip++;
    return shub_bytes(file->path.ptr + skip, file->path.len - skip);
}
