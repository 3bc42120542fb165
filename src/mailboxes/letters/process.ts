/** The process in which letters are read, one at a time: started by reader.ts, ended when it is idle or takes too long. */
import { parseLetter, type ParseJob } from './parse.js'
import type { Answer } from './reader.js'

process.on('message', async (job: ParseJob) => {
  const answer: Answer = await parseLetter(job).then(letter => ({ letter }), error => ({ failed: String(error) }))
  process.send!(answer)
})
process.on('disconnect', () => process.exit(0))
