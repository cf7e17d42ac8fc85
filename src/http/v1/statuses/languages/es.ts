/** Spanish. */
import type { Texts } from "./en.ts";

export const es: Texts = {
  statuses: {
    pending: {
      meaning: "El pedido ha llegado y espera su turno. Todavía no se ha entregado nada.",
      what_to_do: "Espera el tiempo de inicio que indica el servicio. Comprueba que el enlace se abra para cualquiera.",
    },
    processing: {
      meaning: "El pedido se está preparando. La entrega puede empezar en breve.",
      what_to_do:
        "Espera y no hagas un segundo pedido para el mismo enlace. Escribe a soporte si sigue así mucho más allá del tiempo de inicio habitual.",
    },
    in_progress: {
      meaning: "La entrega está en marcha y la cantidad que falta va bajando.",
      what_to_do: "Deja el enlace público y sin cambios hasta que el pedido termine.",
    },
    completed: {
      meaning: "El pedido consta como entregado por completo.",
      what_to_do: "Compara la cantidad actual con la inicial. Si después baja y el servicio ofrece reposición, solicítala.",
    },
    partial: {
      meaning: "Se entregó una parte y el resto ya no llegará. El pedido está cerrado.",
      what_to_do:
        "Nada. Lo que se devuelva por la parte que falta aparecerá en el saldo cuando se decida. Si quieres el resto, haz un nuevo pedido.",
    },
    canceled: {
      meaning: "El pedido fue cancelado.",
      what_to_do:
        "Nada. Lo que se devuelva aparecerá en el saldo cuando se decida. Antes de volver a pedir, revisa el enlace y las condiciones del servicio.",
    },
    refunded: {
      meaning: "El pedido se anuló, por completo o en la parte que no se entregó.",
      what_to_do: "Nada. Lo que se devuelva aparecerá en el saldo cuando se decida.",
    },
    error: {
      meaning: "Algo no está bien en el pedido: el enlace, los datos o el servicio.",
      what_to_do:
        "Comprueba que el enlace y la cantidad cumplan las reglas del servicio y pregunta a soporte cómo sigue el pedido. Soporte lo revisa antes de mover dinero.",
    },
    unknown: {
      meaning: "El estado actual del pedido no se conoce con certeza. Se sigue haciendo seguimiento.",
      what_to_do: "Espera. Escribe a soporte si esto dura más de un día.",
    },
  },
  flags: {
    overdue: {
      meaning: "El pedido no ha empezado en su plazo habitual.",
      what_to_do: "Comprueba que el enlace sea correcto y público, y escribe a soporte. No hagas un segundo pedido para el mismo enlace.",
    },
    stalled: {
      meaning: "El pedido había empezado y lleva un tiempo sin avanzar.",
      what_to_do: "Comprueba que el enlace siga existiendo y sea público, y escribe a soporte.",
    },
    duplicate_link: {
      meaning: "Cuando llegó este pedido, otro para el mismo enlace seguía en curso.",
      what_to_do: "Espera a que termine el primero. Dos pedidos a la vez pueden contar las mismas unidades dos veces.",
    },
  },
};
