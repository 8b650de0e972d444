// HTTP/2 over TLS, and HTTP/1.1 where the client asks for it. Prints its port, ends with its stdin.
const http2 = require('node:http2'), fs = require('node:fs'), zlib = require('node:zlib');
const [certificate, key] = process.argv.slice(2);
let sessions = 0, streams = 0, most = 0;
const server = http2.createSecureServer({
  cert: fs.readFileSync(certificate), key: fs.readFileSync(key), allowHTTP1: true,
});
server.on('session', () => { sessions++; });
server.on('request', (request, response) => {
  streams++;
  most = Math.max(most, streams);
  response.on('close', () => { streams--; });
  const url = new URL(request.url, 'https://x');
  switch (url.pathname) {
    case '/ok': response.setHeader('x-version', request.httpVersion); return response.end('hello');
    case '/delay': return void setTimeout(() => response.end('late'), 100);
    case '/br': {
      response.setHeader('content-encoding', 'br');
      return response.end(zlib.brotliCompressSync(Buffer.from('unpacked '.repeat(100))));
    }
    case '/bomb': {
      response.setHeader('content-encoding', 'br');
      const packed = zlib.brotliCompressSync(Buffer.alloc(64 << 20), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } });
      return response.end(packed);
    }
    case '/bytes': {
      let left = Number(url.searchParams.get('n'));
      const more = () => {
        while (left > 0) {
          const size = Math.min(left, 65536);
          left -= size;
          if (!response.write(Buffer.alloc(size))) return void response.once('drain', more);
        }
        response.end();
      };
      return more();
    }
    case '/reset': response.write('some'); return void setTimeout(() => request.stream.close(2), 20);
    case '/refused': return request.stream.close(7);
    case '/goaway': return request.stream.session.goaway(11), request.stream.session.destroy();
    case '/sessions': return response.end(`${sessions} ${most}`);
    case '/echo': {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      return void request.on('end', () => response.end(JSON.stringify({ method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString() })));
    }
    default: response.statusCode = 404; response.end('no such path');
  }
});
server.on('sessionError', () => {});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
