/* Loads a shared object at run time, looks symbols up in it and in the program, and catches what is missing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int main(void) {
  void *m = dlopen("libm.so.6", RTLD_NOW);
  if (!m) {
    printf("dlopen: failed\n");
    return 1;
  }
  double (*cosine)(double) = (double (*)(double))dlsym(m, "cos");
  printf("%.15g\n", cosine(1));
  printf("%d\n", dlsym(m, "no_such_function") == NULL);
  printf("%d\n", dlopen("libnothing-here.so", RTLD_LAZY) == NULL);
  printf("%d\n", dlsym(RTLD_DEFAULT, "printf") != NULL);
  printf("%d\n", dlclose(m));
  return 0;
}
