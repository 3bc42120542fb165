import type { PhoneType } from '../clients/client.js'
import type { Db } from '../database/knex.js'
import { builtInOf } from './form.js'

/** The form chose a type of phone that isn't there. */
export class NoSuchPhoneType extends Error {
  constructor (readonly id: number) { super('no such type of phone') }
}

/** Throws NoSuchPhoneType. */
export async function findPhoneType (trx: Db, id: number): Promise<PhoneType> {
  const type = await trx('phone_types').where({ id }).first('id', 'key', 'name')
  if (!type) throw new NoSuchPhoneType(id)
  return type
}

/** Makes a phone type of one's own, or finds the one of this name, whatever its case and accents. */
export async function createPhoneType (trx: Db, name: string): Promise<PhoneType> {
  const key = builtInOf(name)
  if (key) return await trx('phone_types').where({ key }).first('id', 'key', 'name') as PhoneType
  await trx('phone_types').insert({ name }).onConflict('name_key').ignore()
  return await trx('phone_types').whereRaw('name_key = fold(?)', [name]).first('id', 'key', 'name') as PhoneType
}

/** All types on offer, in the company's order. */
export const listTypes = (db: Db): Promise<PhoneType[]> => db('phone_types').whereNull('retired_at').orderByRaw('position nulls last, name_key, id').select('id', 'key', 'name')
