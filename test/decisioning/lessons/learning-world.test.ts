import tap, { test } from 'tap'
import { meanReward, runLearning } from '../../helpers/learning-world.js'

/** Of each run; a tenth of them is judged. */
const DECISIONS = Number(process.env['OFFERD_LEARNING_DECISIONS'] ?? 2500)

tap.setTimeout(120_000 + DECISIONS * 60)

test('offers that adapt come to earn more than the prior and the model alone', async t => {
  const last = async (policy: 'prior' | 'model' | 'adaptive', decisions: number) => {
    const run = await runLearning(t, { policy, decisions })
    const { shown, best } = meanReward(run, Math.floor(decisions * 0.6), decisions)
    return shown / best
  }
  const adaptive = await last('adaptive', DECISIONS)
  const [model, prior] = [await last('model', 1000), await last('prior', 500)]
  t.comment(`of the best possible: adaptive ${adaptive}, model ${model}, prior ${prior}`)
  t.ok(adaptive > prior + 0.1)
  t.ok(adaptive > model - 0.02, 'what is tried out costs little')
})

test('without feedback the adapting decisions are those of the model', async t => {
  const engines = ['model', 'adaptive'] as const
  const runs = await Promise.all(
    engines.map(policy =>
      runLearning(t, { policy, decisions: 200, feedback: false, exploring: false })
    )
  )
  t.same(runs[0]!.shown, runs[1]!.shown)
})
