// Walks the feed whose address is given, and writes what the validator found as JSON: pages, and errors by severity.
const { RpdeValidator } = require('@openactive/rpde-validator');

const [address, pageLimit] = process.argv.slice(2);

RpdeValidator(address, { pageLimit: Number(pageLimit), timeoutMs: 60000 }).then((log) => {
  const errors = log.pages.flatMap((page) => page.errors.map((error) => ({
    severity: error.data.severity, type: error.data.type, message: error.data.message, url: page.url,
  })));
  process.stdout.write(JSON.stringify({ pages: log.pages.map((page) => page.url), errors }));
});
