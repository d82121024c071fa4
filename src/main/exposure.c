#include "main/exposure.h"
#include "base/err.h"
#include "base/log.h"
#include "main/options.h"
#include <string.h>

int exposure_check(const struct options *o, bool api_is_local, const char *listen_host, const char *token_path, struct err *e)
{
    if (listen_host[0] && strncmp(listen_host, "127.", 4) != 0)
        log_notice("nodes listen on %s: whoever reaches it can use every group that asks for no password", listen_host);
    bool open = o->admin == ADMIN_OPEN;
    if (open)
        log_notice(
            "/_meridian/ is open (--admin open): whoever reaches %s may reset everything, move the clock and inject failures, "
            "without a token",
            o->listen);
    if (api_is_local) return 0;
    if (o->trips == TRIPS_ON && !open)
        return err_set(
            e, ERR_FLAG, "--trips lets failures be injected, which is for loopback only: leave it out, or listen on 127.0.0.1");
    log_notice("%s is open to other machines: whoever reaches it may use the whole API%s%s%s", o->listen,
        o->auth == AUTH_VERIFY ? " with a key of --access-keys" : ", since signatures are not checked",
        open ? "" : "; what changes Meridian itself needs the token in ", open ? "" : token_path);
    return 0;
}
