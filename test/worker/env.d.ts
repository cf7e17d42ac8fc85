declare namespace Cloudflare {
  interface Env {
    TEST_BUCKET: R2Bucket;
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}

declare module "*.md?raw" {
  const text: string;
  export default text;
}

declare module "*.sql?raw" {
  const text: string;
  export default text;
}
