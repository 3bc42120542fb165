import type { Db } from '../../src/database/knex.js'
import type { TemplateChannel, TemplateTexts } from '../../src/templates/template.js'
import type { Shop } from './shop.js'

interface Written { name: string, channel: TemplateChannel, roles?: string[], archived?: boolean, texts: TemplateTexts }

const sms = (en: string, es: string, pl: string, pt: string): TemplateTexts =>
  Object.fromEntries(Object.entries({ en, es, pl, pt }).map(([language, body]) => [language, { subject: '', body }]))

/** What the demo's people write again and again. */
const TEMPLATES: Written[] = [
  {
    name: 'Repair is ready', channel: 'email', texts: {
      en: { subject: '{{lead.number|Your repair}} is ready to collect', body: 'Dear {{client.first_name|client}},\n\nyour repair is **ready**. You can collect it{{#lead.location}} at our shop in {{lead.location}}{{/lead.location}} whenever we are open.\n\n{{#link.map}}[How to find us]({{link.map}})\n\n{{/link.map}}See you soon,\n{{employee.first_name|Your team}}\n{{company.name}}, {{company.phone}}' },
      es: { subject: '{{lead.number|Su reparación}}: listo para recoger', body: 'Hola, {{client.first_name|estimado cliente}}:\n\nsu reparación está **lista**. Puede recogerla{{#lead.location}} en nuestra tienda de {{lead.location}}{{/lead.location}} en horario de apertura.\n\n{{#link.map}}[Cómo llegar]({{link.map}})\n\n{{/link.map}}Hasta pronto,\n{{employee.first_name|Su equipo}}\n{{company.name}}, {{company.phone}}' },
      pl: { subject: '{{lead.number|Naprawa}}: gotowe do odbioru', body: 'Dzień dobry{{#client.first_name}}, {{client.first_name}}{{/client.first_name}}!\n\nNaprawa jest **gotowa**. Zapraszamy po odbiór{{#lead.location}} do punktu {{lead.location}}{{/lead.location}} w godzinach otwarcia.\n\n{{#link.map}}[Jak do nas trafić]({{link.map}})\n\n{{/link.map}}Do zobaczenia,\n{{employee.first_name|Zespół}}\n{{company.name}}, {{company.phone}}' },
      pt: { subject: '{{lead.number|A sua reparação}}: pronto a levantar', body: 'Olá, {{client.first_name|caro cliente}}:\n\na sua reparação está **pronta**. Pode levantá-la{{#lead.location}} na nossa loja de {{lead.location}}{{/lead.location}} no horário de abertura.\n\n{{#link.map}}[Como chegar]({{link.map}})\n\n{{/link.map}}Até breve,\n{{employee.first_name|A sua equipa}}\n{{company.name}}, {{company.phone}}' }
    }
  },
  {
    name: 'How did we do?', channel: 'email', roles: ['manager', 'admin', 'owner'], texts: {
      en: { subject: 'How did we do, {{client.first_name|dear client}}?', body: 'Dear {{client.first_name|client}},\n\nthank you for coming to {{company.name}}. Would you tell others how it was?\n\n[Write a review]({{link.review}})\n\nIt takes a minute and helps us a lot.' },
      es: { subject: '¿Qué tal lo hicimos, {{client.first_name|estimado cliente}}?', body: 'Hola, {{client.first_name|estimado cliente}}:\n\ngracias por venir a {{company.name}}. ¿Nos cuenta qué tal fue?\n\n[Escribir una reseña]({{link.review}})\n\nEs un minuto y nos ayuda mucho.' },
      pl: { subject: 'Jak nam poszło?', body: 'Dzień dobry{{#client.first_name}}, {{client.first_name}}{{/client.first_name}}!\n\nDziękujemy za wizytę w {{company.name}}. Czy napiszesz innym, jak było?\n\n[Napisz opinię]({{link.review}})\n\nTo minuta, a nam bardzo pomaga.' },
      pt: { subject: 'Como correu, {{client.first_name|caro cliente}}?', body: 'Olá, {{client.first_name|caro cliente}}:\n\nobrigado por ter vindo à {{company.name}}. Conta-nos como correu?\n\n[Escrever uma opinião]({{link.review}})\n\nÉ um minuto e ajuda-nos muito.' }
    }
  },
  {
    name: 'Ready to collect', channel: 'sms', texts: sms(
      '{{company.name}}: {{lead.number|your repair}} is ready{{#lead.location}}, {{lead.location}}{{/lead.location}}. Questions? {{company.phone}}', '{{company.name}}: {{lead.number|su reparación}}, listo para recoger{{#lead.location}}, {{lead.location}}{{/lead.location}}. ¿Dudas? {{company.phone}}',
      '{{company.name}}: {{lead.number|naprawa}} - gotowe do odbioru{{#lead.location}}, {{lead.location}}{{/lead.location}}. Pytania? {{company.phone}}', '{{company.name}}: {{lead.number|a sua reparação}}, pronto a levantar{{#lead.location}}, {{lead.location}}{{/lead.location}}. Dúvidas? {{company.phone}}')
  },
  {
    name: 'We missed your call', channel: 'sms', texts: sms(
      '{{company.name}}: we missed your call and will ring you back. Or book here: {{link.booking}}', '{{company.name}}: no pudimos contestar su llamada, le llamaremos. O reserve aquí: {{link.booking}}',
      '{{company.name}}: nie odebraliśmy Twojego telefonu, oddzwonimy. Albo umów się tu: {{link.booking}}', '{{company.name}}: não conseguimos atender, vamos ligar-lhe. Ou marque aqui: {{link.booking}}')
  },
  {
    name: 'We have your request', channel: 'whatsapp', texts: sms(
      'Hello {{client.first_name|there}}! We have your request {{lead.number}} and will answer{{#lead.due}} by {{lead.due}}{{/lead.due}}. {{company.name}}', '¡Hola{{#client.first_name}}, {{client.first_name}}{{/client.first_name}}! Tenemos su solicitud {{lead.number}} y le respondemos{{#lead.due}} antes de {{lead.due}}{{/lead.due}}. {{company.name}}',
      'Dzień dobry{{#client.first_name}}, {{client.first_name}}{{/client.first_name}}! Mamy Twoje zgłoszenie {{lead.number}} i odpowiemy{{#lead.due}} do {{lead.due}}{{/lead.due}}. {{company.name}}', 'Olá{{#client.first_name}}, {{client.first_name}}{{/client.first_name}}! Temos o seu pedido {{lead.number}} e respondemos{{#lead.due}} até {{lead.due}}{{/lead.due}}. {{company.name}}')
  },
  { name: 'Closed on Christmas Eve', channel: 'sms', archived: true, texts: sms('{{company.name}} is closed on 24 December.', '{{company.name}} cierra el 24 de diciembre.', '{{company.name}}: 24 grudnia nieczynne.', '{{company.name}} fecha a 24 de dezembro.') }
]

const WORDS = { phone: '+48 71 300 20 10', email: 'biuro@naprawa.example', address: 'Rynek 12, 50-101 Wrocław', website: 'https://naprawa.example', booking: 'https://naprawa.example/book', review: 'https://naprawa.example/review', map: 'https://naprawa.example/map' }

/** The demo's templates, and what they say of its company. */
export async function writeTemplates (db: Db, { staff }: Pick<Shop, 'staff'>): Promise<void> {
  await db('company_words').update(WORDS)
  const made = await db('templates').insert(TEMPLATES.map(({ name, channel, roles, archived }) => ({ name, channel, for_all: !roles, created_by: staff[0]!.id, archived_at: archived ? db.fn.now() : null }))).returning('id')
  await db('template_texts').insert(TEMPLATES.flatMap(({ texts }, n) => Object.entries(texts).map(([language, text]) => ({ template_id: made[n].id, language, ...text }))))
  const roles = new Map((await db('roles').whereNotNull('key').select('key', 'id')).map(({ key, id }) => [key, id]))
  await db('template_roles').insert(TEMPLATES.flatMap(({ roles: keys = [] }, n) => keys.map(key => ({ template_id: made[n].id, role_id: roles.get(key) }))))
}

const RULES: [name: string, event: string, type: string | null, delay: number, templates: string[], on: boolean][] = [
  ['Thanks for the request', 'lead.created', 'lead', 0, ['We have your request'], true],
  ['Sorry that we missed your call', 'lead.created', 'missed_call', 5, ['We missed your call'], true],
  ['Still being looked at', 'lead.overdue', null, 0, ['We have your request'], false]
]

/** Two rules that are on, and one that nobody has tried yet. What happened before them they don't tell of. */
export async function makeRules (db: Db): Promise<void> {
  for (const [name, event, type, delay_minutes, templates, on] of RULES) {
    const types: number[] = type === null ? [] : await db('lead_types').where({ key: type }).pluck('id')
    const [{ id }] = await db('automation_rules').insert({ name, event, delay_minutes, conditions: JSON.stringify({ types }), quiet_from: 1260, quiet_to: 480, on_since: on ? db.fn.now() : null }).returning('id')
    for (const [position, template] of templates.entries()) await db('automation_channels').insert({ rule_id: id, position, template_id: db('templates').where({ name: template }).select('id') })
  }
}
