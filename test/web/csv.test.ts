import t from 'tap'
import { csvLine, separatorOf } from '../../src/web/csv.js'

t.test('a line of CSV: what separates is quoted, what a spreadsheet would calculate is made text', async t => {
  t.equal(csvLine(['a', 'b,c', 'd"e', 'f\ng', null, '', -5, 'ż'], ','), 'a,"b,c","d""e","f\ng",,,-5,ż\r\n')
  t.equal(csvLine(['b,c', 'b;c'], ';'), 'b,c;"b;c"\r\n')
  for (const evil of ['=1+1', '+48 600', '-2', '@SUM(A1)', '\t=1', '\r=1', '  =1', '＝1', '\n=cmd|\' /C calc\'!A0']) t.ok(/^"?'/.test(csvLine([evil], ',')), JSON.stringify(evil))
  for (const plain of ['a=1', '600-123', '1+1', "'"]) t.equal(csvLine([plain], ','), `${plain}\r\n`)
  t.same(['en', 'pl', 'es', 'pt'].map(separatorOf), [',', ';', ';', ';'])
})
