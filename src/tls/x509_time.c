#include "tls/x509_time.h"

#include "base/date.h"

#define DAYS_BEFORE_1970 719528 /* since the year 0 */

int64_t x509_time_to_unix(uint32_t days, uint32_t seconds)
{
    return ((int64_t)days - DAYS_BEFORE_1970) * DATE_SECONDS_PER_DAY + seconds;
}

void x509_time_from_unix(int64_t unix_time, uint32_t *days, uint32_t *seconds)
{
    int64_t whole = unix_time / DATE_SECONDS_PER_DAY;
    int64_t rest = unix_time % DATE_SECONDS_PER_DAY;

    if (rest < 0) {
        rest += DATE_SECONDS_PER_DAY;
        whole--;
    }
    if (whole < 1 - DAYS_BEFORE_1970) {
        whole = 1 - DAYS_BEFORE_1970;
    }
    if (whole > INT32_MAX - DAYS_BEFORE_1970) {
        whole = INT32_MAX - DAYS_BEFORE_1970;
    }
    *days = (uint32_t)(whole + DAYS_BEFORE_1970);
    *seconds = (uint32_t)rest;
}
