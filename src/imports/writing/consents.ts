import type { Told } from '../matching/differences.js'

// What the written phones and e-mails, of CTEs by these names, have on.
const OF_PHONES = "select client_id, id as phone_id, null::bigint as email_id, k.channel, display as address, true as given from phones cross join lateral (values ('whatsapp', whatsapp), ('viber', viber), ('sms', sms)) k (channel, box) where k.box"
const OF_EMAILS = "select client_id, null::bigint as phone_id, id as email_id, 'email' as channel, address, true as given from emails where agrees"

/** Writes into the history of consents what a selection says was given or taken back; `how` is SQL. */
export const insertConsents = (boxes: string, how: string): string => `
  insert into consents (client_id, phone_id, email_id, channel, address, given, employee_id, source, source_name, how)
  select client_id, phone_id, email_id, channel, address, given, :by, 'import', :name, ${how} from (${boxes}) boxes`

/** CTEs that keep the consents which the written phones and e-mails say of, and others, with where they can be looked up as the person said it of all. */
export function keepConsents (told: Told, others: string[] = []): string[] {
  if (!told.consents) return []
  const boxes = [...others, ...told.phones ? [OF_PHONES] : [], ...told.emails ? [OF_EMAILS] : []]
  if (boxes.length === 0) return []
  return [
    `agreed as (${insertConsents(boxes.join(' union all '), ':how')} returning id)`,
    "noted as (insert into consent_notes (consent_id, how, note, employee_id) select id, :how, :note, :by from agreed where :note <> '')"
  ]
}
