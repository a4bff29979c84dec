/* What gateways are: eagle detect, eagle list, and eagle upload-server. */
#include "eagle.h"

#include <stdio.h>

/* ---- asking each --------------------------------------------------------------------
 */

const option_row detect_options[] = {
    {"cloud-id", "ID", "six digits on the gateway's label: user of its API"},
    {"install-code-file", "FILE",
     "file with the gateway's install code: password of its API"},
    {"ca", "FILE", "PEM file of authorities to trust in place of the system's"},
    {"pin", "sha256//BASE64", "public key the gateway must have"},
    {"insecure", NULL, "do not verify the gateway's certificate"},
    {"timeout", "DURATION", "for one request (10s)"},
    {NULL, NULL, NULL},
};

enum { D_CLOUD_ID, D_INSTALL_CODE_FILE, D_CA, D_PIN, D_INSECURE, D_TIMEOUT };

const option_row list_options[] = {EAGLE_OPTION_ROWS, {NULL, NULL, NULL}};

static int ask_one(shub_loop *loop, const shub_eagle_options *opts, eagle_ask_fn *ask,
                   const void *user)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle *eagle;
    shub_status status = shub_eagle_open(loop, opts, &eagle, &err);

    if (status == SHUB_OK)
        status = ask(eagle, eagle_name(opts->url), user, &err);
    shub_eagle_close(eagle);
    if (status != SHUB_OK)
        return failed(eagle_name(opts->url), status, &err);
    return finish(EXIT_OK);
}

int eagle_ask_all(const arguments *args, int first, const shub_eagle_options *opts,
                  eagle_ask_fn *ask, const void *user)
{
    shub_eagle_options one = *opts;
    shub_error err = SHUB_ERROR_INIT;
    shub_loop *loop;
    int code = EXIT_OK;

    if (shub_loop_open(&loop, &err) != SHUB_OK)
        return failed("eagle", err.code, &err);
    if (args->count == first)
        code = ask_one(loop, &one, ask, user);
    for (int i = first; i < args->count; i++) {
        int here;

        one.url = args->rest[i];
        here = ask_one(loop, &one, ask, user);
        code = code == EXIT_OK ? here : code;
    }
    shub_loop_close(loop);
    return code;
}

/* ---- detect -------------------------------------------------------------------------
 */

static shub_status detect(shub_eagle *eagle, const char *url, const void *user,
                          shub_error *err)
{
    shub_eagle_transport transport;
    shub_status status = shub_eagle_detect(eagle, &transport, err);

    (void)user;
    if (status == SHUB_OK)
        printf("%s %s\n", url, eagle_transports[transport]);
    return status;
}

int run_detect(const arguments *args)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    char *install_code = NULL;
    int64_t timeout_us = 0;
    int code;

    if (!value_duration_us("timeout", args->value[D_TIMEOUT], &timeout_us))
        return EXIT_USAGE;
    if (!input_secret(args->value[D_INSTALL_CODE_FILE], "SENSORHUB_INSTALL_CODE",
                      &install_code))
        return EXIT_SYSTEM;
    opts.cloud_id = args->value[D_CLOUD_ID];
    opts.install_code = install_code;
    opts.ca_file = args->value[D_CA];
    opts.pin = args->value[D_PIN];
    opts.insecure = args->value[D_INSECURE] != NULL;
    opts.timeout_ms = timeout_us / 1000;
    code = eagle_ask_all(args, 0, &opts, detect, NULL);
    input_forget(install_code);
    return code;
}

/* ---- list ---------------------------------------------------------------------------
 */

static shub_slice field(const shub_eagle_reading *reading, const char *name)
{
    return shub_eagle_reading_field(reading, shub_str(name));
}

static const char *status_field(shub_eagle_root root)
{
    return root == SHUB_EAGLE_ROOT_DEVICE ? "ConnectionStatus"
           : root == SHUB_EAGLE_ROOT_CGI  ? "network_status"
                                          : "Status";
}

/* A Device of a DeviceList, or the network of an EAGLE-100, which names its meter. */
static void print_device(const char *url, const shub_eagle_reading *reading, int json)
{
    shub_eagle_root root = shub_eagle_reading_root(reading);
    int is_device = root == SHUB_EAGLE_ROOT_DEVICE;

    row_text("gateway", shub_str(url));
    row_text("device", shub_eagle_reading_meter(reading));
    row_text("status", field(reading, status_field(root)));
    row_text("model", is_device ? field(reading, "ModelId") : SHUB_LIT("electric_meter"));
    row_text("name", field(reading, "Name"));
    row_time("last_contact", shub_eagle_reading_time_us(reading));
    row_end(json);
}

static shub_status list(shub_eagle *eagle, const char *url, const void *json,
                        shub_error *err)
{
    shub_eagle_reply *reply;
    shub_status status = shub_eagle_list(eagle, &reply, err);

    for (size_t i = 0; status == SHUB_OK && i < shub_eagle_reply_count(reply); i++)
        print_device(url, shub_eagle_reply_at(reply, i), *(const int *)json);
    shub_eagle_reply_free(reply);
    return status;
}

int run_list(const arguments *args)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    eagle_secrets secrets = {NULL, NULL};
    int code = eagle_options_read(args, &opts, &secrets);

    if (code == EXIT_OK && args->count == 0 && opts.transport != SHUB_EAGLE_RELAY)
        code = usage("eagle list: wants a URL, or --relay");
    if (code == EXIT_OK)
        code = eagle_ask_all(args, 0, &opts, list, &args->json);
    eagle_forget(&secrets);
    return code;
}

/* ---- upload-server ---------------------------------------------------------------- */

/* examples/nginx/upload.conf is run in a real nginx; this is its heart. */
int run_upload_server(const arguments *args)
{
    (void)args;
    fputs(
        "# nginx with its Lua module (Debian: libnginx-mod-http-lua) takes the uploads\n"
        "# of gateways and appends their samples to hourly files below "
        "/var/lib/sensorhub.\n"
        "# In http {}:\n"
        "init_by_lua_block { sensorhub = require \"sensorhub\" }\n"
        "init_worker_by_lua_block {\n"
        "    log = assert(sensorhub.log(\"/var/lib/sensorhub\",\n"
        "                               {durability = \"none\", unbuffered = true}))\n"
        "    guard = assert(sensorhub.eagle_guard())\n"
        "    assert(ngx.timer.every(1, function() log:tick() end))\n"
        "}\n"
        "exit_worker_by_lua_block { log:close() }\n"
        "server {\n"
        "    listen 8888;\n"
        "    client_max_body_size 1m;\n"
        "    client_body_buffer_size 1m;\n"
        "    location = /eagle {\n"
        "        content_by_lua_block {\n"
        "            ngx.req.read_body()\n"
        "            local batch = assert(sensorhub.batch())\n"
        "            local reply, why = sensorhub.parse_eagle(ngx.req.get_body_data() or "
        "\"\")\n"
        "            if not reply then ngx.status = 400; return ngx.say(why) end\n"
        "            reply:samples(sensorhub.now(), batch, {guard = guard})\n"
        "            if not log:append(\"meter\", batch) then return ngx.exit(503) end\n"
        "            ngx.header.content_length = 0\n"
        "            ngx.exit(200)\n"
        "        }\n"
        "    }\n"
        "}\n",
        stdout);
    return finish(EXIT_OK);
}
