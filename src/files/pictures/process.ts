/** The process in which pictures are drawn, one at a time: started by painter.ts, ended when it is idle or takes too long. */
import { PictureRefused, redraw, redrawLogo } from './draw.js'
import type { Answer, Job } from './painter.js'

process.on('message', async ({ logo, path, type, folder }: Job) => {
  const answer: Answer = await (logo ? redrawLogo : redraw)(path, type, folder).then(
    picture => ({ picture }),
    error => error instanceof PictureRefused ? { refused: error.said } : { failed: String(error) }
  )
  process.send!(answer)
})
process.on('disconnect', () => process.exit(0))
