/* Values that change here and there, for watchpoints on expressions. */
struct node {
  int v;
  struct node *next;
} second = {7, 0}, first = {3, &second}, *head = &first;
int a = 1, b = 5, which, row[3];

int main(void) {
  int i, s = 0;
  for (i = 0; i < 10; i++) {
    a += 2;
    s += i;
    if (i == 4) b = 100;
    if (i == 5) second.v = 9;
    if (i == 6) first.v = 7;
    if (i == 8) second.v = 0;
    row[i % 3] = i;
    if (i == 2) which = 1;
    if (i == 3) head = &second;
    if (i == 7) head = 0;
    if (i == 9) head = &first;
  }
  return s > 100;
}
