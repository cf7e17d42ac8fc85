/** A style sheet, minified as text by the build (scripts/assets/tracker.ts). */
declare module "*.css" {
  const css: string;
  export default css;
}
