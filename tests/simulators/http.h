/* One HTTP exchange with a gateway, between libmicrohttpd and the replies. */
#ifndef SIM_HTTP_H
#define SIM_HTTP_H

#include "faults.h"
#include "server.h"

enum request_state { RECEIVING, HELD, READY };

struct request {
    struct server *server;
    struct gateway *gateway; /* NULL: nobody of that name behind the relay */
    struct MHD_Connection *connection;
    enum request_state state;
    bool authorized;
    char *body;
    size_t size;
    struct answer answer;
    bool dripped; /* the pause before the next byte is over */

    /* While held: */
    struct watch watch; /* tells when the client gives up */
    int64_t until_us;
    struct request *next;
};

/* libmicrohttpd's access handler and completion callback; cls is the server. */
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *connection,
                                const char *url, const char *method, const char *version,
                                const char *upload, size_t *upload_size, void **context);
void http_on_completed(void *cls, struct MHD_Connection *connection, void **context,
                       enum MHD_RequestTerminationCode code);

#endif
