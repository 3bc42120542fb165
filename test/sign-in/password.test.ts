import { hash } from '@node-rs/argon2'
import t from 'tap'
import { hashPassword, isPassword, weaknessOf } from '../../src/sign-in/password.js'

const about = ['Łucja Brzęczyszczykiewicz', 'lucja.b@naprawa.example', 'Naprawa & Co']
const REFUSED: [string, string][] = [
  ['', 'short'], ['ninechars', 'short'],
  ['aaaaaaaaaaaa', 'repeats'], ['abcabcabcabc', 'repeats'], ['haslohaslo', 'repeats'],
  ['1234567890', 'row'], ['0987654321', 'row'], ['qwertyuiop', 'row'], ['ABCDEFGHIJKL', 'row'],
  ['Password2026!', 'common'], ['Contraseña123', 'common'], ['senha123456', 'common'],
  ['brzeczyszczykiewicz', 'personal'], ['Lucja.Naprawa1', 'personal']
]

t.test('weak passwords are refused by what is weak about them', async t => {
  for (const [password, why] of REFUSED) t.equal(weaknessOf(password, about)?.key, `form.password_${why}`, password)
  t.equal(weaknessOf('x'.repeat(100) + 'y'.repeat(101))?.key, 'form.too_long')
})

t.test('what the words recommend passes', async t => {
  for (const password of ['correct horse battery', 'zielony rower je ser', 'xK3#vPq9!z', 'Lucja i trzy krzywe kominy', 'ñandú feliz mañana']) t.equal(weaknessOf(password, about), undefined, password)
})

t.test('a password is the same however a keyboard composes its letters', async t => {
  const [composed, apart] = ['żółw żółw żółw'.normalize('NFC'), 'żółw żółw żółw'.normalize('NFD')]
  for (const kept of [await hashPassword(composed), await hashPassword(apart)]) {
    t.ok(await isPassword(kept, composed))
    t.ok(await isPassword(kept, apart))
    t.notOk(await isPassword(kept, 'zolw zolw zolw'))
  }
  const before = await hash(apart)
  t.ok(await isPassword(before, apart), 'as it was typed when nobody composed it')
  t.notOk(await isPassword(null, apart))
})
