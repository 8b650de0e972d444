"""A server that breaks the rules on demand. What it does is named by the path. Prints its port, ends with its stdin."""
import gzip, os, socket, ssl, struct, sys, threading, time, urllib.parse

counts, lock = {}, threading.Lock()
bomb = None


def count(key):
    with lock:
        counts[key] = counts.get(key, 0) + 1
        return counts[key]


def make_bomb():
    global bomb
    with lock:
        if bomb is None:
            bomb = gzip.compress(bytes(256 << 20), 1)
    return bomb


def read_request(connection, buffer):
    while b"\r\n\r\n" not in buffer:
        more = connection.recv(65536)
        if not more:
            return None
        buffer += more
    head, _, buffer = buffer.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(buffer) < length:
        more = connection.recv(65536)
        if not more:
            return None
        buffer += more
    return head, buffer[:length], buffer[length:]


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answer(body, status="200 OK", headers=b""):
    if isinstance(body, str):
        body = body.encode()
    return b"HTTP/1.1 " + status.encode() + b"\r\nContent-Length: %d\r\n" % len(body) + headers + b"\r\n" + body


def serve(connection):
    count("connections")
    buffer = b""
    try:
        while True:
            request = read_request(connection, buffer)
            if request is None:
                return
            head, body, buffer = request
            line = head.split(b"\r\n")[0].decode()
            method, target, _ = line.split(" ")
            parsed = urllib.parse.urlsplit(target)
            path, query = parsed.path, dict(urllib.parse.parse_qsl(parsed.query))
            seen = count(path)
            if not respond(connection, method, path, query, head, body, seen):
                return
    except (OSError, ValueError):
        pass
    finally:
        connection.close()


def respond(c, method, path, query, head, body, seen):
    send = c.sendall
    parts = path.strip("/").split("/")
    kind = parts[0]
    if kind == "ok":
        send(answer("" if method == "HEAD" else "hello"))
    elif kind == "count":
        send(answer(str(counts.get(query["of"], 0))))
    elif kind == "echo":
        send(answer(head + b"\r\n\r\n" + body, headers=b"Content-Type: text/plain\r\nSet-Cookie: a=b\r\n"))
    elif kind == "status":
        send(answer("status", parts[1] + " Word"))
    elif kind == "chunked":
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n")
    elif kind == "interim":
        send(b"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + answer("late"))
    elif kind == "gzip":
        send(answer(gzip.compress(b"unpacked " * 100), headers=b"Content-Encoding: gzip\r\n"))
    elif kind == "bad-gzip":
        send(answer(b"this is not gzip", headers=b"Content-Encoding: gzip\r\n"))
    elif kind == "bomb":
        send(answer(make_bomb(), headers=b"Content-Encoding: gzip\r\n"))
    elif kind == "nothing-packed":
        # Stored blocks of no bytes: the wire is busy and nothing comes out.
        send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03")
        while True:
            send(b"\0\0\0\xff\xff" * 4096)
    elif kind == "slow-head":
        time.sleep(3)
        send(answer("at last"))
    elif kind == "slow-body":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(40):
            send(b"x")
            time.sleep(0.1)
    elif kind == "reset":
        reset(c)
        return False
    elif kind == "reset-mid":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789")
        time.sleep(0.05)
        reset(c)
        return False
    elif kind == "short":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789")
        return False
    elif kind == "chunk-short":
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n0123456789")
        return False
    elif kind == "long":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
    elif kind == "two-lengths":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 500\r\n\r\nhello")
        return False
    elif kind == "negative-length":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")
        return False
    elif kind == "ten-gb":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            send(bytes(65536))
    elif kind == "endless":
        send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            send(bytes(65536))
    elif kind == "bytes":
        left = int(query["n"])
        send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % left)
        while left > 0:
            send(bytes(min(left, 65536)))
            left -= 65536
            with lock:
                counts["sent"] = counts.get("sent", 0) + 65536
    elif kind == "huge-header":
        send(b"HTTP/1.1 200 OK\r\nX-Big: " + b"x" * 90_000 + b"\r\n\r\n")
    elif kind == "many-headers":
        send(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n")
    elif kind == "endless-header":
        send(b"HTTP/1.1 200 OK\r\nX-Big: ")
        while True:
            send(b"x" * 65536)
    elif kind == "endless-interim":
        send(b"HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n" * 1000)
        while True:
            send(b"HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n" * 1000)
    elif kind == "endless-trailer":
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
        while True:
            send(b"X-T: 1\r\n" * 1000)
    elif kind == "http09":
        send(b"hello, no head at all\n")
        return False
    elif kind == "garbage":
        send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        return False
    elif kind == "silent-close":
        return False
    elif kind == "redirect":
        send(answer("moved", parts[1] + " Moved", b"Location: " + query["to"].encode() + b"\r\n"))
    elif kind == "redirect-big":
        send(b"HTTP/1.1 302 Moved\r\nLocation: /ok\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(1525):
            send(bytes(65536))
    elif kind == "fail":
        # /fail/STATUS/TIMES/NAME: fails so often, then answers.
        after = query.get("retry-after")
        extra = b"Retry-After: " + after.encode() + b"\r\n" if after else b""
        send(answer("failed", parts[1] + " Failed", extra) if seen <= int(parts[2]) else answer("recovered"))
    elif kind == "drop":
        # /drop/TIMES/NAME: ends the connection without a word so often, then answers.
        if seen <= int(parts[1]):
            return False
        send(answer("recovered"))
    elif kind == "folded":
        send(b"HTTP/1.1 200 OK\r\nX-A: one\r\n Location: evil\r\nContent-Length: 2\r\n\r\nok")
    else:
        send(answer("no such path", "404 Not Found"))
    return True


def main():
    host = sys.argv[1]
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, 0))
    listener.listen(4096)
    print(listener.getsockname()[1], flush=True)

    def accept():
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=begin, args=(connection,), daemon=True).start()

    def begin(connection):
        try:
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            serve(connection)
        except (OSError, ssl.SSLError):
            pass

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


main()
