import type { Email } from '../client.js'
import type { Rows, RowState } from '../contacts/rows.js'
import { emailFingerprint, seenStamp } from '../fingerprint.js'
import { readEmails, type EmailRow, type EmailValues } from './form.js'
import { addEmail, changeEmail, findEmailTwin, findRemovedEmail, findTwinOfRemovedEmail, setEmailRemoved } from './queries.js'

export interface EmailState extends EmailRow, RowState {}

/** The e-mails of a client in its form. */
export const emailRows: Rows<Email, EmailValues, EmailRow, EmailState> = {
  kind: 'email',
  main: 'address',
  of: client => client.emails,
  read: readEmails,

  shown (email, position) {
    const { id, address, agrees, masked, consent, shared } = email
    return { index: String(position), id, typed: address, agrees, remove: false, was: emailFingerprint(email), masked, consent, shared, valid: true, error: undefined, typeError: undefined }
  },

  fresh: index => ({ index: String(index), id: null, typed: '', agrees: false, remove: false, was: '', masked: false, consent: null, shared: false, valid: true, error: undefined, typeError: undefined }),

  print: emailFingerprint,
  merged: (email, { address, agrees, was }) => ({ ...email, agrees, stamp: seenStamp(was, email.stamp), ...(address !== undefined && { address, stamp: undefined }) }),
  isAnother: (email, { address }) => address !== undefined && address.toLowerCase() !== email.address.toLowerCase(),
  findTwin: findEmailTwin,
  findTwinOfRemoved: findTwinOfRemovedEmail,
  joined: (email, values) => ({ values: { ...values, id: email.id, address: undefined, agrees: email.agrees || values.agrees }, given: values.agrees && !email.agrees ? ['email'] : [] }),
  words: email => email.address,
  wordsOf: ({ address }) => address,

  add: addEmail,
  change: changeEmail,
  setRemoved: setEmailRemoved,
  findRemoved: findRemovedEmail
}
