import type { Words } from '../words.js'

export const pt: Words = {
  notes: [
    'Prefere mensagem a chamada.', 'Ligar só depois das {hour}, trabalha por turnos.', 'Paga com cartão, fatura por e-mail.', 'Pergunta o preço antes de cada reparação.',
    'Entrada pelo pátio, a campainha não funciona.', 'Dois cães: ligar antes de entrar.', 'Ouve mal, melhor escrever.', 'Levanta depois das {hour}.',
    'Fica com as peças antigas.', 'Aceita peças usadas se forem mais baratas.', 'Tem um aparelho nosso emprestado.', 'Voltou depois de dois anos, satisfeito com a última reparação.',
    'Quem levanta é o filho.', 'Não mexer nos dados, aconteça o que acontecer.', 'Combinada uma fatura mensal.', 'Precisa dele para trabalhar: não deixar para segunda.',
    'Terceiro andar sem elevador.', 'Melhor por WhatsApp.', 'Traz vários aparelhos de uma vez.', 'Pede sempre fatura com contribuinte.'
  ],
  comments: [
    '{item}: diagnóstico pronto, orçamento {price}.', 'Liguei, não atende. Tento de novo: {day}.', 'Aceita o preço de {price}.', '{item}: peça encomendada, chega: {day}.',
    'Pronto para levantar, mensagem enviada.', 'Levantado e pago, {price}.', 'Pergunta se pode estar pronto até {day}.', '{item}: não compensa reparar, o cliente já sabe.',
    'Deixou também o carregador.', 'Vai pensar até {day}.', '{item}: reparação em garantia, sem custo.', 'Sem sinal, combinado com a gerente.',
    'Vem {day} às {hour}.', 'Queixou-se da espera; pedimos desculpa e oferecemos uma capa.', 'Recomendou-nos a uma vizinha.', '{item}: segunda vez a mesma avaria, ver a placa.',
    'Deixou um sinal de {price}.', 'Pede cópia do recibo anterior, enviada.', 'Telefone desligado todo o dia.', 'O número da ficha está errado, pedido o certo.', 'O estafeta levanta {day} às {hour}.', 'Muito satisfeito, prometeu uma avaliação.'
  ],
  supplierNotes: ['Entrega: {day}, encomendas antes das {hour}.', 'Fatura a 14 dias.', 'Encomenda mínima {price}.', 'Devoluções em 30 dias, só com a caixa.', 'Pedir a tabela de revenda.'],
  conflicts: [
    'Recusou pagar uma reparação terminada.', 'Grita com o pessoal ao balcão.', 'Ameaça com má avaliação para ter desconto.', 'Reclama danos que já existiam à entrada.',
    'Não levantou durante meio ano e depois pediu dinheiro.', 'Anulou o pagamento com cartão depois de levantar.', 'Trouxe um aparelho dado como roubado.'
  ],
  items: ['Portátil', 'Telemóvel', 'Tablet', 'Máquina de lavar', 'Máquina de café', 'Aspirador', 'Impressora', 'Televisor', 'Berbequim', 'Trotinete elétrica', 'Auscultadores', 'Máquina de loiça'],
  days: ['segunda', 'terça', 'quarta', 'quinta', 'sexta', 'sábado'],
  tags: [['VIP', 'amber'], ['Habitual', 'green'], ['Empresa', 'blue'], ['Paga tarde', 'red'], ['Garantia', 'teal'], ['Fatura', 'plain'], ['Estudante', 'plain'], ['Vizinho', 'green']],
  campaigns: ['Google', 'Facebook', 'Recomendação', 'Folhetos'],
  locations: ['Centro', 'Estação']
}
