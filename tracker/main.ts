/** The script that a page includes, as a module or a classic one: it defines the element. */
import { OrderStatus } from "./element.ts";

// A page may include it twice.
if (!customElements.get("order-status")) customElements.define("order-status", OrderStatus);
