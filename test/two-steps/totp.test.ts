import { decodeQR } from 'qr/decode.js'
import t from 'tap'
import { newRecoveryCodes, recoveryHash } from '../../src/two-steps/recovery.js'
import { addressOf, codeAt, drawQr, newSecret, stepOf } from '../../src/two-steps/totp.js'

// RFC 6238, appendix B, "12345678901234567890" in base32; of its 8 digits the last 6.
const RFC = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

t.test('codes are those of RFC 6238', async t => {
  for (const [seconds, code] of [[59, '287082'], [1111111109, '081804'], [1234567890, '005924'], [20000000000, '353130']] as const) {
    t.equal(codeAt(RFC, seconds * 1000), code)
    t.equal(stepOf(RFC, code, seconds * 1000), Math.floor(seconds / 30))
  }
})

t.test('a code is taken from one step before to one after', async t => {
  const at = 1_790_000_010_000
  const step = Math.floor(at / 30_000)
  t.same([-60, -30, 0, 30, 60].map(seconds => stepOf(RFC, codeAt(RFC, at + seconds * 1000), at)), [null, step - 1, step, step + 1, null])
  for (const nonsense of ['', '12345', '1234567', 'abcdef', '١٢٣٤٥٦']) t.equal(stepOf(RFC, nonsense, at), null, nonsense)
})

t.test('a secret has 160 bits and is never the same', async t => {
  t.match(newSecret(), /^[A-Z2-7]{32}$/)
  t.not(newSecret(), newSecret())
})

t.test('the QR code says what an app has to know', async t => {
  const address = addressOf(RFC, 'Naprawa: Łódź & Co', 'anna@clientela.example')
  const { size, path } = drawQr(address)
  const scale = 4
  const side = size * scale
  const data = new Uint8Array(side * side * 4).fill(255)
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++) {
      for (let column = Number(x) * scale; column < (Number(x) + Number(width)) * scale; column++) data.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3)
    }
  }
  const read = new URL(decodeQR({ width: side, height: side, data }))
  t.equal(read.href, new URL(address).href)
  t.equal(read.protocol, 'otpauth:')
  t.match(Object.fromEntries(read.searchParams), { secret: RFC, issuer: 'Naprawa  Łódź & Co', digits: '6', period: '30', algorithm: 'SHA1' })
})

t.test('recovery codes are ten, and read whatever way they are typed', async t => {
  const codes = newRecoveryCodes()
  t.equal(new Set(codes).size, 10)
  for (const code of codes) t.match(code, /^[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){3}$/)
  t.equal(recoveryHash(1, '7k3m qwx2 9pta zb4h'), recoveryHash(1, '7K3M-QWX2-9PTA-ZB4H'))
  t.not(recoveryHash(1, codes[0]!), recoveryHash(2, codes[0]!))
})
