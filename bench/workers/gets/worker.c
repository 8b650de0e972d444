// A thousand gets of one key, one after the other, each waited for and read whole.
#include <atoll.h>

int main(void) {
  size_t bytes = 0;
  for (int number = 0; number < 1000; number++) {
    atoll_answer answer = atoll_kv_get("bench", "key");
    if (!atoll_is_true(answer.head, "found")) {
      fprintf(stderr, "get %d: %s %s\n", number, answer.code, answer.message);
      return 1;
    }
    bytes += answer.count;
    atoll_answer_free(&answer);
  }
  printf("{\"bytes\":%zu}", bytes);
  return 0;
}
