/**
 * The operators that models may use: what the exporters of scikit-learn, XGBoost, LightGBM, CatBoost and tabular PyTorch
 * networks write. Left out are operators with a body (Loop, Scan, If: a file of 245 bytes can run for ever) and those whose
 * result can be any size however small the file (Expand, Tile, Range, ConstantOfShape, OneHot, Pad, Resize…: 156 bytes can take
 * gigabytes).
 */
const STANDARD = `
  Abs Acos Add And ArgMax ArgMin Asin Atan BatchNormalization Cast CastLike Ceil Clip Concat Constant Cos Cosh Div Dropout
  Elu Equal Erf Exp Flatten Floor Gather GatherElements GatherND Gelu Gemm Greater GreaterOrEqual HardSigmoid HardSwish Hardmax
  Identity InstanceNormalization IsInf IsNaN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization MatMul
  Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal ReduceL1 ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin
  ReduceProd ReduceSum ReduceSumSquare Relu Reshape Round Selu Shape Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign
  Split Sqrt Squeeze StringNormalizer Sub Sum Swish Tan Tanh ThresholdedRelu TopK Transpose Unsqueeze Where Xor`

const MACHINE_LEARNING = `
  ArrayFeatureExtractor Binarizer CategoryMapper FeatureVectorizer Imputer LabelEncoder LinearClassifier LinearRegressor
  Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor ZipMap`

const ALLOWED = new Map([
  ['', new Set(STANDARD.trim().split(/\s+/))],
  ['ai.onnx.ml', new Set(MACHINE_LEARNING.trim().split(/\s+/))]
])

/** Undefined when a model may use the operator; else a sentence. */
export function operatorTrouble(domain: string, operator: string): string | undefined {
  const allowed = ALLOWED.get(domain)
  if (allowed === undefined) {
    return `operator ${operator} belongs to the custom domain ${domain}; export the model with standard operators only (domains ai.onnx and ai.onnx.ml)`
  }
  if (allowed.has(operator)) return undefined
  const full = domain === '' ? operator : `${domain}.${operator}`
  if (WITH_BODY.has(operator))
    return `operator ${full} holds a graph of its own and may run for ever; export the model without control flow`
  if (ANY_SIZE.has(operator))
    return `operator ${full} can take any amount of memory and is not allowed; do that step before the model or export it without`
  return `operator ${full} is not on the list of allowed operators; leave that step out of the export or do it in an expression`
}

const WITH_BODY = new Set(['If', 'Loop', 'Scan', 'SequenceMap'])
const ANY_SIZE = new Set([
  'CenterCropPad',
  'ConstantOfShape',
  'Einsum',
  'Expand',
  'EyeLike',
  'NonZero',
  'OneHot',
  'Pad',
  'RandomNormal',
  'RandomUniform',
  'Range',
  'Resize',
  'Tile',
  'Upsample'
])
