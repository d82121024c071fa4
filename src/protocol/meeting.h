#pragma once
/* Where serve and its agents meet, and what they ask for there: docs/protocol.md. */

/* The socket, in serve's data directory. */
#define MEETING_SOCKET "agents.sock"
/* From the data directory of an agent, regions/REGION, to that of serve. */
#define MEETING_FOLDER "../.."
#define MEETING_ASSIGNMENT "/_meridian/agent/assignment"
#define MEETING_SIGHTING "/_meridian/agent/sighting"
/* The status of a sighting that is the difference from another one than serve knows: the whole is to be told. */
enum { MEETING_STALE = 409 };
