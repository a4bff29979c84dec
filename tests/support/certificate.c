#include "support/certificate.h"

#include "base/text.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    ck_assert_int_eq(X509_add_ext(cert, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static X509 *make(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);

    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)"simulated gateway", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_set_pubkey(cert, key);
    add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(cert, NID_subject_alt_name, "IP:127.0.0.1");
    ck_assert_int_gt(X509_sign(cert, key, EVP_sha256()), 0);
    return cert;
}

static void write_files(const certificate *made, X509 *cert, EVP_PKEY *key)
{
    FILE *file = fopen(made->path, "we");

    ck_assert_int_eq(PEM_write_X509(file, cert), 1);
    fclose(file);
    file = fopen(made->key_path, "we");
    ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
}

static void write_pin(certificate *made, EVP_PKEY *key)
{
    unsigned char *der = NULL, hash[SHA256_DIGEST_LENGTH];
    int len = i2d_PUBKEY(key, &der);
    size_t used;

    SHA256(der, (size_t)len, hash);
    OPENSSL_free(der);
    strcpy(made->pin, "sha256//");
    used = strlen(made->pin);
    shub__base64_write(hash, sizeof hash, made->pin + used);
    made->pin[used + shub__base64_size(sizeof hash)] = '\0';
}

void certificate_make(certificate *made)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = make(key);

    strcpy(made->folder, "/tmp/shub-cert-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(made->folder));
    snprintf(made->path, sizeof made->path, "%s/cert.pem", made->folder);
    snprintf(made->key_path, sizeof made->key_path, "%s/key.pem", made->folder);
    write_files(made, cert, key);
    write_pin(made, key);
    X509_free(cert);
    EVP_PKEY_free(key);
}

void certificate_remove(const certificate *made)
{
    unlink(made->path);
    unlink(made->key_path);
    rmdir(made->folder);
}
