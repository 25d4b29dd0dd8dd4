// What C++ adds: namespaces, classes with bases, references, member functions, templates, static members.
#include <cstdio>

namespace outer {
namespace inner {
struct base {
  int kept;
  virtual ~base() {}
  virtual int value() const { return kept; }
};
int shared = 7;
}  // namespace inner

class derived : public inner::base {
 public:
  static int made;
  explicit derived(int n) : extra(n), link(*this) { made++; }
  int value() const override;
  int add(const int &by, int &&then);

 private:
  long extra;
  derived &link;
  int derived::*member = nullptr;
};
int derived::made;

int derived::value() const { return (int)extra + inner::shared; }
__attribute__((noinline)) int derived::add(const int &by, int &&then) { return (int)(extra += by) + then; }

template <typename T>
struct box {
  T held;
  T get() const { return held; }
};
}  // namespace outer

int main(int argc, char **) {
  outer::derived d(argc);
  outer::box<long> b{argc};
  std::printf("%d %d %ld\n", d.value(), d.add(argc, 3), b.get());
  return 0;
}
