#pragma once
/*
 * Writes the XML of the AWS Query protocol from the C structs of the API, by the tables
 * of their shapes. Absent members are left out. An empty list that is set, and an empty
 * structure, are <X/>. What XML 1.0 can't express (control characters, bytes that are not
 * UTF-8) becomes U+FFFD.
 */
struct buf;
struct operation;
struct shape;

/*
 * Adds <element>...</element> with the value of that shape: 'value' points to a leaf's or list's C type, or to the
 * structure itself.
 */
void xml_encode(struct buf *b, const struct shape *shape, const char *element, const void *value);
/* Adds text as it stands between elements. */
void xml_text(struct buf *b, const char *text);
/* Adds <element>text</element>. */
void xml_line(struct buf *b, const char *element, const char *text);
/* Adds a whole answer. 'out' is the operation's filled output, NULL where it has none. */
void xml_response(struct buf *b, const struct operation *o, const void *out, const char *request_id);
/* Adds a whole error answer; 'fault' is one of enum fault. */
void xml_error(struct buf *b, int fault, const char *message, const char *request_id);
