import type { Db } from '../../src/database/knex.js'
import type { PhoneNumber } from '../../src/clients/phones/number.js'
import { withoutAccents } from './places.js'

interface Neighbour {
  id: number
  kind: 'person' | 'company'
  first_name: string
  surname: string
  address: string
  archived_at: Date | null
  phones: (PhoneNumber & { removed_at: Date | null, whatsapp: boolean, viber: boolean, sms: boolean })[]
}

/**
 * Lets some clients be there twice, as they are in every shop: one that is just being made gets the name and address of the one made before it, or its number.
 * True when it got the name.
 */
export function makeTwin (client: Neighbour, before: Neighbour): boolean {
  if (client.id % 700 === 3 || client.id % 700 === 7) {
    const theirs = before.phones.find(phone => phone.removed_at === null && phone.e164 !== null)
    const ours = client.phones.find(phone => phone.removed_at === null && !(phone.whatsapp || phone.viber || phone.sms))
    if (theirs && ours) Object.assign(ours, { typed: theirs.typed, e164: theirs.e164, display: theirs.display, digits: theirs.digits })
  }
  const alike = client.id % 450 === 7 && [client, before].every(one => one.kind === 'person' && one.archived_at === null) && /\d/.test(before.address)
  if (alike) Object.assign(client, { first_name: before.first_name, surname: initials(withoutAccents(before.surname)), address: before.address })
  return alike
}

const initials = (text: string) => text.toLowerCase().replace(/\p{L}+/gu, word => word[0]!.toUpperCase() + word.slice(1))

/** Has all clients looked at for duplicates: the demo writes them without triggers. */
export async function noteForDuplicates (db: Db): Promise<void> {
  await db.raw('insert into duplicate_changes (client_id) select id from clients order by id')
}
