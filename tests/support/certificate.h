/* A self-signed certificate for 127.0.0.1, made on the spot. */
#ifndef TESTS_SUPPORT_CERTIFICATE_H
#define TESTS_SUPPORT_CERTIFICATE_H

typedef struct certificate {
    char folder[64];
    char path[96], key_path[96]; /* PEM files */
    char pin[64];                /* "sha256//...", of its public key */
} certificate;

void certificate_make(certificate *made);
void certificate_remove(const certificate *made);

#endif
