import { test } from 'tap'
import { nearest } from '../../src/domain/nearest.js'

test('a mistyped name finds the one that was meant', t => {
  const names = ['age', 'balance', 'job', 'products']
  t.equal(nearest('blance', names), 'balance')
  t.equal(nearest('Balance', names), 'balance')
  t.equal(nearest('jbo', names), 'job')
  t.equal(nearest('prodcuts', names), 'products')
  t.end()
})

test('nothing is guessed where nothing is near', t => {
  t.equal(nearest('income', ['age', 'balance']), undefined)
  t.equal(nearest('x', ['age']), undefined)
  t.equal(nearest('x', []), undefined)
  t.end()
})
