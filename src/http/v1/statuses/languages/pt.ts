/** Portuguese. */
import type { Texts } from "./en.ts";

export const pt: Texts = {
  statuses: {
    pending: {
      meaning: "O pedido chegou e aguarda a sua vez. Nada foi entregue até agora.",
      what_to_do: "Aguarde o tempo de início indicado pelo serviço. Confirme que o link abre para qualquer pessoa.",
    },
    processing: {
      meaning: "O pedido está sendo preparado. A entrega pode começar em breve.",
      what_to_do:
        "Aguarde e não faça um segundo pedido para o mesmo link. Fale com o suporte se continuar assim muito além do tempo de início habitual.",
    },
    in_progress: {
      meaning: "A entrega está em andamento e a quantidade restante está diminuindo.",
      what_to_do: "Mantenha o link público e sem alterações até o fim do pedido.",
    },
    completed: {
      meaning: "O pedido consta como totalmente entregue.",
      what_to_do: "Compare a quantidade atual com a inicial. Se ela cair depois e o serviço oferecer reposição, solicite-a.",
    },
    partial: {
      meaning: "Uma parte foi entregue e o restante não virá. O pedido está encerrado.",
      what_to_do:
        "Nada. O que for devolvido pela parte que falta aparecerá no saldo assim que for decidido. Se quiser o restante, faça um novo pedido.",
    },
    canceled: {
      meaning: "O pedido foi cancelado.",
      what_to_do:
        "Nada. O que for devolvido aparecerá no saldo assim que for decidido. Antes de pedir de novo, confira o link e as condições do serviço.",
    },
    refunded: {
      meaning: "O pedido foi anulado, por inteiro ou na parte que não foi entregue.",
      what_to_do: "Nada. O que for devolvido aparecerá no saldo assim que for decidido.",
    },
    error: {
      meaning: "Há algo errado com o pedido: com o link, com os dados ou com o serviço.",
      what_to_do:
        "Confira se o link e a quantidade seguem as regras do serviço e pergunte ao suporte como o pedido continua. O suporte o analisa antes de qualquer movimentação de dinheiro.",
    },
    unknown: {
      meaning: "A situação atual do pedido não é conhecida com certeza. Ele continua sendo acompanhado.",
      what_to_do: "Aguarde. Fale com o suporte se isso durar mais de um dia.",
    },
  },
  flags: {
    overdue: {
      meaning: "O pedido não começou no prazo habitual.",
      what_to_do: "Confirme que o link está correto e público e fale com o suporte. Não faça um segundo pedido para o mesmo link.",
    },
    stalled: {
      meaning: "O pedido tinha começado e está parado há algum tempo.",
      what_to_do: "Confirme que o link ainda existe e está público e fale com o suporte.",
    },
    duplicate_link: {
      meaning: "Quando este pedido chegou, outro para o mesmo link ainda estava em andamento.",
      what_to_do: "Aguarde o fim do primeiro. Dois pedidos ao mesmo tempo podem contar as mesmas unidades duas vezes.",
    },
  },
};
