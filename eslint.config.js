import { join } from 'node:path'
import tseslint from 'typescript-eslint'

const underscoreIsUnused = { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }

/** Types find what formatters cannot: floating promises, conditions that are always true, unsafe values. */
export default tseslint.config(
  { ignores: ['dist/', '.dist-*/', '.offerd/', 'coverage/', 'rules/schema/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: join(import.meta.dirname, 'tsconfig.json') }
    },
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', underscoreIsUnused],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true }
      ],
      // An index is checked by the loop around it; the type system cannot see that.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true }
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true }
      ],
      // Objects are closures here, and the few classes are not taken apart.
      '@typescript-eslint/unbound-method': 'off',
      // A port may be asynchronous where one of its adapters is not.
      '@typescript-eslint/require-await': 'off'
    }
  },
  {
    files: ['src/client/**/*.ts'],
    languageOptions: {
      parserOptions: { project: join(import.meta.dirname, 'src/client/tsconfig.json') }
    }
  },
  {
    files: ['src/console/**/*.{ts,tsx}'],
    languageOptions: {
      parserOptions: { project: join(import.meta.dirname, 'src/console/tsconfig.json') }
    }
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name: one name everywhere.' }
      ]
    }
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A test that tap has been given is awaited by tap.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafePromises: [
            { from: 'package', name: 'PromiseWithSubtest', package: '@tapjs/core' }
          ]
        }
      ]
    }
  },
  { files: ['bench/**/*.ts', 'models/**/*.ts'], rules: { 'no-console': 'off' } }
)
