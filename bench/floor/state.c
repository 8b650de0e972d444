// A thousand gets of one key by the libraries that the stores use, called from C: what a get of a worker is held against.
//
//   state sqlite FILE NAMESPACE KEY ROUNDS     the prepared statement of the SQLite store, with its page cache
//   state redis PORT KEY ROUNDS                blocking hiredis, one GET after the other
//
// Prints {"get_us": …, "bytes": …}: the median over the rounds of a round's time divided by a thousand.
#include <hiredis.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { gets = 1000 };

static double now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static int by_size(const void *one, const void *other) {
  double difference = *(const double *)one - *(const double *)other;
  return difference < 0 ? -1 : difference > 0;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

// Copies the value out, as whoever asks for it has to.
static size_t taken(const void *value, size_t count) {
  char *copy = malloc(count + 1);
  memcpy(copy, value, count);
  __asm__ volatile("" ::"r"(copy) : "memory");
  free(copy);
  return count;
}

static sqlite3_stmt *statement;
static const char *space, *name;

static size_t get_sqlite(void) {
  size_t count = 0;
  sqlite3_bind_text(statement, 1, space, (int)strlen(space), SQLITE_STATIC);
  sqlite3_bind_blob(statement, 2, name, (int)strlen(name), SQLITE_STATIC);
  if (sqlite3_step(statement) != SQLITE_ROW) fail("get", "no such key");
  sqlite3_column_int64(statement, 0);
  const void *value = sqlite3_column_blob(statement, 2);
  count = taken(value, (size_t)sqlite3_column_bytes(statement, 2));
  sqlite3_reset(statement);
  return count;
}

static redisContext *redis;

static size_t get_redis(void) {
  redisReply *reply = redisCommand(redis, "GET %s", name);
  if (!reply || reply->type != REDIS_REPLY_STRING) fail("get", "no such key");
  size_t count = taken(reply->str, reply->len);
  freeReplyObject(reply);
  return count;
}

int main(int count, char **words) {
  size_t (*get)(void) = get_sqlite;
  int rounds = 0;
  if (count == 6 && strcmp(words[1], "sqlite") == 0) {
    sqlite3 *database;
    space = words[3], name = words[4], rounds = atoi(words[5]);
    if (sqlite3_open_v2(words[2], &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
      fail(words[2], sqlite3_errmsg(database));
    sqlite3_exec(database, "PRAGMA cache_size = -8192", NULL, NULL, NULL);
    const char *text = "SELECT version, expires, value FROM entries WHERE namespace = ?1 AND key = ?2";
    if (sqlite3_prepare_v3(database, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
      fail(words[2], sqlite3_errmsg(database));
  } else if (count == 5 && strcmp(words[1], "redis") == 0) {
    name = words[3], rounds = atoi(words[4]), get = get_redis;
    redis = redisConnect("127.0.0.1", atoi(words[2]));
    if (!redis || redis->err) fail("redis", redis ? redis->errstr : "no memory");
  } else {
    fail("state", "sqlite FILE NAMESPACE KEY ROUNDS, or redis PORT KEY ROUNDS");
  }
  double *times = calloc((size_t)rounds, sizeof *times);
  size_t bytes = 0;
  for (int round = -1; round < rounds; round++) {
    double begin = now_us();
    bytes = 0;
    for (int number = 0; number < gets; number++) bytes += get();
    if (round >= 0) times[round] = (now_us() - begin) / gets;
  }
  qsort(times, (size_t)rounds, sizeof *times, by_size);
  printf("{\"get_us\": %.4f, \"bytes\": %zu}\n", times[rounds / 2], bytes);
  return 0;
}
