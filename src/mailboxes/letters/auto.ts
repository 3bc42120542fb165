/** The head of a letter: the values of a field, in small letters, without what surrounds them. */
export type Head = (name: string) => string[]

// Not Exchange's "DR, RN, NRN", by which people's own letters want no receipts.
const SUPPRESSED = /\b(all|oof|autoreply)\b/

/**
 * Whether a program wrote a letter and nobody awaits an answer: by RFC 3834's Auto-Submitted, by the older Precedence, by what answering
 * programs and Exchange say of themselves, by having no return address (RFC 5321, 4.5.5), or because it came over a list (RFC 2919).
 */
export function isAutomatic (head: Head): boolean {
  return head('auto-submitted').some(value => !value.startsWith('no')) ||
    head('precedence').some(value => /^(auto[_-]?reply|bulk|junk|list)\b/.test(value)) ||
    ['x-autoreply', 'x-autorespond', 'x-auto-reply', 'x-autoresponder', 'x-autoreply-from', 'x-mail-autoreply', 'x-ms-exchange-generated-message-source', 'list-id'].some(name => head(name).some(value => value !== 'no')) ||
    head('x-auto-response-suppress').some(value => SUPPRESSED.test(value)) ||
    head('return-path').some(value => value === '<>') ||
    head('content-type').some(value => value.startsWith('multipart/report'))
}
