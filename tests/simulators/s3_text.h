/* Names and values, escapes, dates: the texts of the protocol. */
#ifndef S3_TEXT_H
#define S3_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct s3_pair {
    char *name;
    char *value;
};

struct s3_pairs {
    struct s3_pair *items;
    size_t count;
};

/* These end the program when there is no memory. */
void *s3_alloc(size_t size);
void *s3_grow(void *memory, size_t count, size_t size);
char *s3_copy(const char *text);
char *s3_copy_n(const char *text, size_t size);
char *s3_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

void s3_pairs_add(struct s3_pairs *pairs, const char *name, const char *value);
void s3_pairs_add_all(struct s3_pairs *pairs, const struct s3_pairs *from);
void s3_pairs_free(struct s3_pairs *pairs);

/* The first value of a name, letter case ignored; NULL when there is none. */
const char *s3_pairs_get(const struct s3_pairs *pairs, const char *name);

bool s3_has_prefix(const char *text, const char *prefix);

/* The same words, letter case and underscores ignored: "slow_down", "SlowDown". */
bool s3_same_word(const char *a, const char *b);

/* Percent-encodes all but A-Z a-z 0-9 - . _ ~ and, when asked, the slash. */
char *s3_url_encode(const char *text, bool keep_slash);

/* Undoes it in place; a percent sign without two digits stays. */
void s3_url_decode(char *text, bool plus_is_space);

/* The parameters of name=value&... , decoded. */
void s3_parse_query(const char *text, struct s3_pairs *query);

void s3_write_escaped(FILE *out, const char *text);

/* <name>text</name>, escaped. */
void s3_write_element(FILE *out, const char *name, const char *text);

/* Whole decimal number within the limits; false otherwise. */
bool s3_parse_number(const char *text, long long low, long long high, long long *number);

#define S3_TIME_SIZE 32

/* 2026-01-31T23:59:59.000Z, Sat, 31 Jan 2026 23:59:59 GMT and 20260131T235959Z. */
void s3_time_iso(int64_t unix_ms, char text[S3_TIME_SIZE]);
void s3_time_http(int64_t unix_s, char text[S3_TIME_SIZE]);
void s3_time_basic(int64_t unix_s, char text[S3_TIME_SIZE]);

/* Reads the last of the three. */
bool s3_parse_time_basic(const char *text, int64_t *unix_s);

#endif
