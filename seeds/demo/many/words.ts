/** What a client is found by: see words_of_clients() of migration 0018, which a test holds alike. `contact` says of each word whether only a phone or an e-mail has it. */
export interface Found { marks: string, words: string[], contact: boolean[] }

const MOST = 100
const LONGEST = 100
const JOINED = /[\p{L}\p{N}]+|[^\p{L}\p{N} ]+/gu

const marks = new BigInt64Array(1)
const bits = new Int32Array(marks.buffer)

/** Takes a client's search texts apart; its words in the order of their bytes. */
export function wordsOf (names: string, contacts: string, nameKey: string): Found {
  const found: Found = { marks: '', words: [], contact: [] }
  bits[0] = bits[1] = 0
  for (const word of names.split(' ', MOST)) add(found, word, false)
  if (/[^a-z0-9 ]/.test(nameKey)) for (const word of nameKey.match(JOINED)!) add(found, word, false)
  for (const word of contacts.split(' ')) add(found, word, true)
  found.marks = String(marks[0])
  return found
}

// They are so few that a search in order is the quickest.
function add ({ words, contact }: Found, whole: string, isContact: boolean): void {
  if (whole === '') return
  const word = whole.length > LONGEST ? whole.slice(0, LONGEST) : whole
  let at = words.length
  while (at > 0 && words[at - 1]! > word) at--
  if (at > 0 && words[at - 1] === word) return
  words.splice(at, 0, word)
  contact.splice(at, 0, isContact)
  mark(word)
}

// Two bits for its beginning: word_marks().
function mark (word: string): void {
  if (word.length < 2) return
  const one = word.charCodeAt(0), two = word.charCodeAt(1)
  set(one * 7 + two * 31)
  if (word.length > 2) set(one * 31 + two * 7 + word.charCodeAt(2) * 13)
}

const set = (bit: number) => { bits[bit >> 5 & 1]! |= 1 << (bit & 31) }
