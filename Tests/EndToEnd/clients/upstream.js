// An upstream for tests: says its port on standard output, then answers by the path.
const http = require("node:http");

const server = http.createServer((request, response) => {
  const [, what, value] = request.url.split(/[/?]/);
  const send = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (what === "delay") setTimeout(() => send(200, { waited: Number(value) }), Number(value));
  else if (what === "status") send(Number(value), { error: "as asked" });
  else if (what === "headers") send(200, request.headers);
  else send(200, { price: 420, currency: "EUR" });
});
server.listen(0, "127.0.0.1", 4096, () => console.log(server.address().port));
