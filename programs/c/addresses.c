/* Addresses that connections had: who may bind them after a close, with and without SO_REUSEADDR: printed, so that two kernels can be compared. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in at(const char *ip, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, ip, &address.sin_addr);
  return address;
}

static int bound(const char *ip, int port, int reuse) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = at(ip, port);
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  if (bind(s, (void *)&address, sizeof address) == 0) return s;
  int error = errno;
  close(s);
  return -error;
}

static int portOf(int s) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  getsockname(s, (void *)&address, &length);
  return ntohs(address.sin_port);
}

static void again(const char *what, const char *ip, int port, int reuse) {
  int s = bound(ip, port, reuse);
  printf("%s, %s%s: %s\n", what, ip, reuse ? " with SO_REUSEADDR" : "", s < 0 ? strerror(-s) : "bound");
  if (s >= 0) close(s);
}

static int listener, server, client, serverPort, clientPort;

/* A connection, and what both sides are bound to. */
static void connected(int reuse) {
  listener = bound("127.0.0.1", 0, reuse);
  listen(listener, 5);
  serverPort = portOf(listener);
  client = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = at("127.0.0.1", serverPort);
  connect(client, (void *)&address, sizeof address);
  clientPort = portOf(client);
  server = accept(listener, 0, 0);
}

static void both(const char *what) {
  char text[100];
  sprintf(text, "%s: the server's", what);
  again(text, "127.0.0.1", serverPort, 0);
  again(text, "127.0.0.1", serverPort, 1);
  sprintf(text, "%s: the client's", what);
  again(text, "127.0.0.1", clientPort, 0);
  again(text, "127.0.0.1", clientPort, 1);
}

static void settle(void) { usleep(20000); }

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  for (int reuse = 0; reuse < 2; reuse++) {
    printf("listeners %s SO_REUSEADDR\n", reuse ? "with" : "without");
    connected(reuse);
    again("while it listens", "127.0.0.1", serverPort, 0);
    again("while it listens", "127.0.0.1", serverPort, 1);
    again("while it listens", "127.0.0.2", serverPort, 0);
    again("while it listens", "0.0.0.0", serverPort, 0);
    close(listener);
    both("connected");
    again("connected", "127.0.0.2", serverPort, 0);
    again("connected", "0.0.0.0", serverPort, 0);
    close(server), settle(), close(client), settle();
    both("the server closed first");
    again("the server closed first", "127.0.0.2", serverPort, 0);
    again("the server closed first", "0.0.0.0", serverPort, 0);
    again("the server closed first", "0.0.0.0", serverPort, 1);

    connected(reuse), close(listener);
    close(client), settle(), close(server), settle();
    both("the client closed first");

    connected(reuse), close(listener);
    shutdown(server, SHUT_WR), settle(), close(client), settle(), close(server), settle();
    both("the server said so first");

    connected(reuse), close(listener);
    shutdown(client, SHUT_WR), settle(), close(server), settle(), close(client), settle();
    both("the client said so first");

    struct linger none = {.l_onoff = 1};
    connected(reuse), close(listener);
    setsockopt(server, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(server), settle(), close(client), settle();
    both("reset by the server");

    connected(reuse), close(listener);
    write(client, "unread", 6), settle(), close(server), settle(), close(client), settle();
    both("closed with something unread");

    /* The address of a listener that nobody has reached is free at once. */
    int alone = bound("127.0.0.1", 0, reuse);
    listen(alone, 1);
    int port = portOf(alone);
    close(alone);
    again("nobody came", "127.0.0.1", port, 0);
  }
}
