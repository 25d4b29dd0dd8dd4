/* What sockets of this machine's own say at each turn: what poll and epoll see, what fails how, what is lost and what goes along. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* One value after another: arguments of a call have no order. */
static void tell(const char *what, long value) { printf("%s %ld  ", what, value == -1 ? -errno : value); }
#define T(call) tell(#call, (long)(call))
static void line(void) { printf("\n"); }
static int seen(int fd) {
  struct pollfd p = {fd, 0x3fff};
  poll(&p, 1, 0);
  printf("%x  ", p.revents);
  return 0;
}
static struct sockaddr_in at(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}
static int error_of(int fd) {
  int value = 0;
  socklen_t length = sizeof value;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length);
  return value;
}
static char text[70000];
static struct sockaddr_in home;
static int listener;

static void fresh(int *client, int *server) {
  *client = socket(AF_INET, SOCK_STREAM, 0);
  connect(*client, (void *)&home, sizeof home);
  *server = accept(listener, 0, 0);
}

static void beginnings(void) {
  int kinds[][2] = {{AF_INET, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_INET6, SOCK_STREAM}, {AF_UNIX, SOCK_STREAM}, {AF_UNIX, SOCK_DGRAM}, {AF_UNIX, SOCK_SEQPACKET}};
  for (int i = 0; i < 6; i++) {
    int fd = socket(kinds[i][0], kinds[i][1] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    seen(fd);
    T(send(fd, "x", 1, 0)), T(recv(fd, text, 1, 0)), T(shutdown(fd, SHUT_WR)), T(listen(fd, 1)), T(accept(fd, 0, 0));
    T(fcntl(fd, F_GETFL)), T(fcntl(fd, F_GETFD)), T(lseek(fd, 0, 0));
    line();
    close(fd);
  }
  T(socket(AF_INET, SOCK_SEQPACKET, 0)), T(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP)), T(socket(99, SOCK_STREAM, 0)), T(socket(AF_INET, 7, 0));
  int pair[2], pipes[2];
  T(pipe(pipes)), T(if_nametoindex("lo") != 0), T(if_nametoindex("none"));
  T(socketpair(AF_INET, SOCK_STREAM, 0, pair)), T(send(pipes[1], "x", 1, 0)), T(send(99, "x", 1, 0)), T(shutdown(pipes[0], 0));
  line();
}

static void connections(void) {
  int client, server;
  listener = socket(AF_INET, SOCK_STREAM, 0);
  home = at(0);
  T(bind(listener, (void *)&home, sizeof home)), T(bind(listener, (void *)&home, sizeof home)), T(listen(listener, 5));
  socklen_t length = sizeof home;
  T(getsockname(listener, (void *)&home, &length));
  seen(listener);
  T(connect(listener, (void *)&home, sizeof home)), T(send(listener, "x", 1, 0)), T(getpeername(listener, (void *)&home, &length));
  line();

  struct sockaddr_in nobody = at(1), far = at(80);
  far.sin_addr.s_addr = htonl(0x08080808);
  client = socket(AF_INET, SOCK_STREAM, 0);
  T(connect(client, (void *)&nobody, sizeof nobody));
  seen(client);
  T(bind(client, (void *)&far, sizeof far)), T(connect(client, (void *)&home, 3));
  line();
  client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  T(connect(client, (void *)&nobody, sizeof nobody));
  T(error_of(client));
  seen(client);
  T(connect(client, (void *)&nobody, sizeof nobody)), T(connect(client, (void *)&nobody, sizeof nobody));
  line();
  client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  T(connect(client, (void *)&home, sizeof home)), T(error_of(client));
  seen(client);
  T(connect(client, (void *)&home, sizeof home)), T(connect(client, (void *)&home, sizeof home));
  struct sockaddr_in from;
  length = sizeof from;
  server = accept(listener, (void *)&from, &length);
  T(length), T(from.sin_family), T(ntohl(from.sin_addr.s_addr) == INADDR_LOOPBACK);
  seen(server);
  T(recv(server, text, 1, MSG_DONTWAIT));
  line();

  T(send(client, "abcdef", 6, 0));
  seen(server);
  int waiting = 0;
  ioctl(server, FIONREAD, &waiting);
  T(waiting), T(recv(server, text, 3, MSG_PEEK)), T(recv(server, text, 4, 0)), T(recv(server, text, 0, 0)), T(read(server, text, 10));
  T(shutdown(client, SHUT_WR));
  seen(client), seen(server);
  T(send(client, "x", 1, MSG_NOSIGNAL)), T(recv(server, text, 10, 0)), T(send(server, "xy", 2, 0)), T(recv(client, text, 10, MSG_WAITALL | MSG_DONTWAIT));
  close(server);
  seen(client);
  T(recv(client, text, 10, 0));
  line();
  close(client);

  fresh(&client, &server);
  close(server);
  seen(client);
  T(send(client, "x", 1, 0));
  seen(client);
  T(send(client, "x", 1, 0)), T(recv(client, text, 10, 0)), T(error_of(client));
  line();
  close(client);

  /* What was not read ends a connection at once. */
  fresh(&client, &server);
  send(client, "zz", 2, 0), send(server, "yy", 2, 0);
  close(server);
  seen(client);
  T(recv(client, text, 10, 0)), T(recv(client, text, 10, 0)), T(recv(client, text, 10, 0)), T(send(client, "x", 1, 0));
  line();
  close(client);
  fresh(&client, &server);
  struct linger linger = {1, 0};
  T(setsockopt(server, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  close(server);
  seen(client);
  T(send(client, "x", 1, 0)), T(send(client, "x", 1, 0)), T(error_of(client));
  line();
  close(client);
  fresh(&client, &server);
  T(shutdown(server, SHUT_RD));
  seen(server), seen(client);
  T(recv(server, text, 10, 0)), T(send(client, "q", 1, 0)), T(recv(server, text, 10, 0)), T(shutdown(server, SHUT_RDWR));
  seen(server), seen(client);
  line();
  close(client), close(server);

  /* A stream that nobody reads is full some time; what is read makes room. */
  fresh(&client, &server);
  fcntl(client, F_SETFL, O_NONBLOCK);
  long sent = 0, got = 0;
  for (long n; (n = send(client, text, sizeof text, 0)) > 0;) sent += n;
  T(errno == EAGAIN), T(sent > 100000);
  struct pollfd p = {client, POLLOUT};
  T(poll(&p, 1, 0));
  fcntl(server, F_SETFL, O_NONBLOCK);
  for (long n; (n = recv(server, text, sizeof text, 0)) > 0 || got < sent;) got += n > 0 ? n : 0;
  T(got == sent), T(poll(&p, 1, 1000));
  line();
  close(client), close(server);

  int one = 1, again = socket(AF_INET, SOCK_STREAM, 0);
  T(bind(again, (void *)&home, sizeof home)), T(setsockopt(again, SOL_SOCKET, SO_REUSEADDR, &one, 4)), T(bind(again, (void *)&home, sizeof home));
  T(shutdown(listener, SHUT_RD));
  seen(listener);
  T(accept(listener, 0, 0));
  line();
  close(again), close(listener);
}

static void epolls(void) {
  int client, server, ep = epoll_create1(0);
  struct epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.u64 = 7}}, out[4];
  listener = socket(AF_INET, SOCK_STREAM, 0);
  home = at(0);
  socklen_t length = sizeof home;
  bind(listener, (void *)&home, sizeof home), listen(listener, 5), getsockname(listener, (void *)&home, &length);
  fresh(&client, &server);
  T(epoll_ctl(ep, EPOLL_CTL_ADD, server, &e)), T(epoll_wait(ep, out, 4, 0)), T(out[0].events), T(epoll_wait(ep, out, 4, 0));
  send(client, "ab", 2, 0);
  T(epoll_wait(ep, out, 4, 1000)), T(out[0].events), T(epoll_wait(ep, out, 4, 0)), T(recv(server, text, 1, 0)), T(epoll_wait(ep, out, 4, 0));
  send(client, "c", 1, 0);
  T(epoll_wait(ep, out, 4, 1000)), T(out[0].events);
  shutdown(client, SHUT_WR);
  T(epoll_wait(ep, out, 4, 1000)), T(out[0].events), T(epoll_wait(ep, out, 4, 0));
  e.events = EPOLLIN;
  T(epoll_ctl(ep, EPOLL_CTL_MOD, server, &e)), T(epoll_wait(ep, out, 4, 0)), T(epoll_wait(ep, out, 4, 0)), T(out[0].events);
  close(server);
  T(epoll_wait(ep, out, 4, 0));
  T(epoll_ctl(ep, EPOLL_CTL_ADD, listener, &e)), T(epoll_wait(ep, out, 4, 0));
  close(client);
  client = socket(AF_INET, SOCK_STREAM, 0);
  connect(client, (void *)&home, sizeof home);
  T(epoll_wait(ep, out, 4, 1000)), T(out[0].events);
  line();
  close(client), close(listener), close(ep);
}

static void *accepts(void *count) {
  for (long i = 0; i < (long)count; i++) {
    int fd = accept(listener, 0, 0);
    long n = read(fd, text, 10);
    write(fd, text, n);
    close(fd);
  }
  return 0;
}

static void waits(void) {
  pthread_t thread;
  listener = socket(AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in6 all = {.sin6_family = AF_INET6};
  socklen_t length = sizeof all;
  T(bind(listener, (void *)&all, sizeof all)), T(listen(listener, 1)), T(getsockname(listener, (void *)&all, &length)), T(length);
  home = at(ntohs(all.sin6_port));
  pthread_create(&thread, 0, accepts, (void *)5);
  for (int i = 0; i < 5; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char back[10];
    T(connect(fd, (void *)&home, sizeof home)), T(write(fd, "hello", 5)), T(recv(fd, back, 5, MSG_WAITALL)), T(read(fd, back, 5));
    close(fd);
  }
  pthread_join(thread, 0);
  line();
  /* A time after which it waits no more. */
  struct timeval soon = {0, 20000};
  T(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon)), T(accept(listener, 0, 0));
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  home = at(0);
  bind(fd, (void *)&home, sizeof home);
  T(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon)), T(recv(fd, text, 1, 0));
  line();
  close(fd), close(listener);
}

static void datagrams(void) {
  int one = socket(AF_INET, SOCK_DGRAM, 0), two = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in name = at(0), from;
  socklen_t length = sizeof name;
  T(bind(one, (void *)&name, sizeof name)), T(getsockname(one, (void *)&name, &length));
  T(send(two, "x", 1, 0)), T(sendto(two, "first", 5, 0, (void *)&name, sizeof name)), T(sendto(two, "", 0, 0, (void *)&name, sizeof name));
  T(sendto(two, text, 66000, 0, (void *)&name, sizeof name)), T(sendto(two, "second", 6, 0, (void *)&name, sizeof name));
  seen(one);
  length = sizeof from;
  T(recvfrom(one, text, 3, MSG_TRUNC, (void *)&from, &length)), T(length), T(recv(one, text, 3, 0)), T(recv(one, text, 3, MSG_PEEK)), T(recv(one, text, 10, 0));
  line();
  T(connect(two, (void *)&name, sizeof name)), T(sendto(one, "back", 4, 0, (void *)&from, sizeof from)), T(recv(two, text, 10, 0));
  close(one);
  T(send(two, "x", 1, 0)), usleep(1000), seen(two), T(send(two, "x", 1, 0)), usleep(1000), T(recv(two, text, 1, MSG_DONTWAIT)), T(recv(two, text, 1, MSG_DONTWAIT));
  struct sockaddr none = {AF_UNSPEC};
  T(connect(two, &none, sizeof none)), T(send(two, "x", 1, 0));
  line();
  close(two);
}

static void beside(void) {
  int pair[2], pipes[2];
  T(socketpair(AF_UNIX, SOCK_STREAM, 0, pair)), T(pipe(pipes));
  char control[100] = {0}, data[10];
  struct iovec io = {"fd", 2};
  struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(8)};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){CMSG_LEN(8), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(header), pipes, 8);
  T(send(pair[0], "before", 6, 0)), T(sendmsg(pair[0], &message, 0)), T(send(pair[0], "behind", 6, 0));
  close(pipes[0]), close(pipes[1]);
  io = (struct iovec){data, 10};
  for (int i = 0; i < 2; i++) {
    message = (struct msghdr){.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    T(recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC)), T(message.msg_controllen), T(message.msg_flags & ~MSG_CMSG_CLOEXEC);
    header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS) memcpy(pipes, CMSG_DATA(header), 8);
  }
  T(write(pipes[1], "through", 7)), T(read(pipes[0], text, 10)), T(fcntl(pipes[0], F_GETFD));
  line();
  int on = 1;
  struct ucred *who;
  T(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, 4)), T(send(pair[0], "who", 3, 0));
  message = (struct msghdr){.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  T(recvmsg(pair[1], &message, 0)), T(message.msg_controllen);
  header = CMSG_FIRSTHDR(&message);
  who = (struct ucred *)CMSG_DATA(header);
  T(header->cmsg_type), T(who->pid == getpid()), T(who->uid == getuid());
  close(pair[1]);
  seen(pair[0]);
  T(send(pair[0], "x", 1, 0)), T(recv(pair[0], text, 1, 0));
  line();
  close(pair[0]);

  struct sockaddr_un name = {AF_UNIX}, other = {AF_UNIX}, got;
  snprintf(name.sun_path, sizeof name.sun_path, "/tmp/r14-sockets-%d", (int)getpid());
  int receiver = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
  struct stat s;
  T(connect(sender, (void *)&name, sizeof name)), T(bind(receiver, (void *)&name, sizeof name)), T(bind(sender, (void *)&name, sizeof name));
  T(stat(name.sun_path, &s)), T(S_ISSOCK(s.st_mode)), T(open(name.sun_path, O_RDWR));
  memcpy(other.sun_path, "\0r14-other", 10);
  T(bind(sender, (void *)&other, 12)), T(sendto(sender, "data", 4, 0, (void *)&name, sizeof name));
  socklen_t length = sizeof got;
  T(recvfrom(receiver, text, 10, 0, (void *)&got, &length)), T(length), T(memcmp(got.sun_path, "\0r14-other", 10));
  T(connect(sender, (void *)&name, sizeof name)), T(unlink(name.sun_path)), T(send(sender, "still", 5, 0)), T(recv(receiver, text, 10, 0));
  fcntl(sender, F_SETFL, O_NONBLOCK);
  long sent = 0;
  while (send(sender, text, 10000, 0) > 0) sent++;
  T(errno == EAGAIN), T(sent > 3), T(recv(receiver, text, 5, 0)), T(send(sender, "x", 1, 0));
  close(receiver);
  T(send(sender, "x", 1, 0)), T(sendto(sender, "x", 1, 0, (void *)&name, sizeof name));
  int stream = socket(AF_UNIX, SOCK_STREAM, 0);
  T(connect(stream, (void *)&other, 12)), T(connect(stream, (void *)&other, 1));
  line();
  close(sender), close(stream);
  T(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair)), T(write(pair[0], "one", 3)), T(write(pair[0], "other", 5)), T(write(pair[0], "", 0));
  T(read(pair[1], text, 2)), T(recv(pair[1], text, 10, MSG_PEEK)), T(read(pair[1], text, 10)), T(read(pair[1], text, 10));
  close(pair[0]);
  T(read(pair[1], text, 10)), T(write(pair[1], "x", 1));
  line();
  close(pair[1]);
}

static void options(void) {
  int kinds[][2] = {{AF_INET, SOCK_STREAM}, {AF_INET6, SOCK_DGRAM}, {AF_UNIX, SOCK_STREAM}};
  int levels[][2] = {{SOL_SOCKET, SO_REUSEADDR}, {SOL_SOCKET, SO_TYPE},   {SOL_SOCKET, SO_KEEPALIVE}, {SOL_SOCKET, SO_BROADCAST},     {SOL_SOCKET, SO_REUSEPORT},
                     {SOL_SOCKET, SO_DOMAIN},    {SOL_SOCKET, SO_PASSCRED}, {SOL_SOCKET, SO_ACCEPTCONN}, {IPPROTO_TCP, TCP_NODELAY}, {IPPROTO_TCP, TCP_KEEPIDLE},
                     {IPPROTO_TCP, TCP_KEEPINTVL}, {IPPROTO_TCP, TCP_USER_TIMEOUT}, {IPPROTO_IP, IP_TTL},    {IPPROTO_IPV6, IPV6_V6ONLY}, {SOL_SOCKET, 999}};
  for (int i = 0; i < 3; i++) {
    int fd = socket(kinds[i][0], kinds[i][1], 0);
    for (int j = 0; j < 15; j++) {
      int value = 0, one = 1;
      socklen_t length = 4;
      int got = getsockopt(fd, levels[j][0], levels[j][1], &value, &length) ? -errno : value;
      int set = setsockopt(fd, levels[j][0], levels[j][1], &one, 4) ? -errno : 0;
      length = 4;
      getsockopt(fd, levels[j][0], levels[j][1], &value, &length);
      printf("%d,%d,%d ", got, set, value);
    }
    line();
    close(fd);
  }
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 1 << 16);
  signal(SIGPIPE, SIG_IGN);
  beginnings(), connections(), epolls(), waits(), datagrams(), beside(), options();
  signal(SIGPIPE, SIG_DFL);
  fflush(stdout);
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  close(pair[1]);
  write(pair[0], "x", 1);
  printf("not ended by SIGPIPE\n");
  return 0;
}
