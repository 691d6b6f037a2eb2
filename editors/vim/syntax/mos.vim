" Mos: colours, word by word as its lexer reads them. `make editors` writes the lists.
if exists('b:current_syntax')
  finish
endif
let s:saved = &cpoptions
set cpoptions&vim

syn case match
syn iskeyword @,48-57,_,192-255

" Written by make editors: keywords.
syn keyword mosKeywords and assert break catch continue else finally fn for if in let not or return
syn keyword mosKeywords self throw try while with
" End.

" Written by make editors: constants.
syn keyword mosConstants false nil true
" End.

" Written by make editors: builtins.
syn keyword mosBuiltins AMSGrad AdaBelief AdaDelta AdaGrad AdaMax Adadelta Adafactor Adagrad Adam
syn keyword mosBuiltins AdamW Adamax Adan Backtracking Bernoulli Beta Categorical ClipNorm
syn keyword mosBuiltins ClipValue Dirichlet EMA Exponential FDM ForwardGradient FuncOptimizer Gamma
syn keyword mosBuiltins GaussianSmoothing GradApproximator HeavyBall LARS LBFGS LR Lamb Laplace
syn keyword mosBuiltins Lion MeZO MetaAMSGrad MetaAdaBelief MetaAdaDelta MetaAdaGrad MetaAdaMax
syn keyword mosBuiltins MetaAdadelta MetaAdafactor MetaAdagrad MetaAdam MetaAdamW MetaAdamax
syn keyword mosBuiltins MetaAdan MetaLARS MetaLBFGS MetaLamb MetaLion MetaMuon MetaNAdam MetaNAdamW
syn keyword mosBuiltins MetaOptimistic MetaOptimizer MetaRAdam MetaRMSProp MetaRMSprop MetaRprop
syn keyword mosBuiltins MetaSAM MetaSGD MetaScheduleFree MetaSignSGD MetaYogi MultivariateNormal
syn keyword mosBuiltins Muon NAG NAdam NAdamW NewtonCG Normal Optimistic Optimizer Orthogonal
syn keyword mosBuiltins Poisson RAdam RDSA RMSProp RMSprop Rademacher RandomizedFDM Rprop SAM SGD
syn keyword mosBuiltins SPSA ScheduleFree SignSGD Sphere StudentT Uniform Yogi abs
syn keyword mosBuiltins accelerated_op_available accumulate acos acosh adabelief adadelta adafactor
syn keyword mosBuiltins adagrad adam adamax adamw adan adaptive_clip add_decayed_weights add_noise
syn keyword mosBuiltins affine_set all allclose amsgrad anomaly_detection any apply_if_finite
syn keyword mosBuiltins apply_updates arange argmax argmin args argsort array_equal asin asinh atan
syn keyword mosBuiltins atan2 atanh auto_solve average avg_pool1d avg_pool2d backtracking backward
syn keyword mosBuiltins ball batch_norm bernoulli bicgstab binary_cross_entropy
syn keyword mosBuiltins binary_cross_entropy_with_logits bincount block_diag bool bounded box
syn keyword mosBuiltins broadcast_to broyden ceil celu centralize cg chain check_grad checkpoint
syn keyword mosBuiltins cho_factor choice cholesky cholesky_solve cholesky_solver chunk clip
syn keyword mosBuiltins clip_grad_norm clip_grad_value clone code_points communicator compile
syn keyword mosBuiltins concat cond constant_schedule conv1d conv2d conv_transpose1d
syn keyword mosBuiltins conv_transpose2d corrcoef cos cosh cosine_decay_schedule
syn keyword mosBuiltins cosine_embedding_loss cosine_onecycle_schedule cosine_similarity
syn keyword mosBuiltins count_nonzero cov cross cross_entropy crosscheck cummax cummin cumprod
syn keyword mosBuiltins cumsum custom_fixed_point custom_jvp custom_root custom_vjp det detach
syn keyword mosBuiltins devices diag diagonal diff digamma dot dropout dtype e eig eigh eigvals
syn keyword mosBuiltins eigvalsh einsum elu ema embedding ends_with enumerate env erf erfc erfinv
syn keyword mosBuiltins estimate exists exit exp expand_dims explain expm expm1 exponential_decay
syn keyword mosBuiltins extract_state extract_state_dict eye f32 f64 filter find fixed_point
syn keyword mosBuiltins flatten flip float floor format freeze from_code_points full full_like
syn keyword mosBuiltins functional gather gauss_newton gaussian_nll_loss gelu glu gmres grad graph
syn keyword mosBuiltins group_norm gumbel_softmax halfspace hardshrink hardsigmoid hardswish
syn keyword mosBuiltins hardtanh heavy_ball help hessian hinge_embedding_loss hinge_loss histogram
syn keyword mosBuiltins huber_loss hvp hyperplane hypot i64 identity image implicit index_add inf
syn keyword mosBuiltins inject_hyperparams inner inner_loop input instance_norm int interp inv
syn keyword mosBuiltins inv_solve isclose isfinite isinf isnan item items jacobian jet join
syn keyword mosBuiltins join_schedules json_parse json_text jvp keys kl kl_div kron l1_loss lamb
syn keyword mosBuiltins lars layer_norm lbfgs leaky_relu len levenberg_marquardt lgamma line_search
syn keyword mosBuiltins linear_onecycle_schedule linear_schedule linearize lines linspace lion list
syn keyword mosBuiltins list_files load log log10 log1p log2 log_sigmoid log_softmax logaddexp
syn keyword mosBuiltins logcumsumexp logdet logit logm logspace logsumexp lookahead lower lstsq
syn keyword mosBuiltins lstsq_solve lu lu_factor lu_solve make_dot make_folder make_functional map
syn keyword mosBuiltins margin_ranking_loss masked matmul matrix_exp matrix_power matrix_rank max
syn keyword mosBuiltins max_pool1d max_pool2d maximum mean median memory meshgrid min minimize
syn keyword mosBuiltins minimum minres mish module_clone module_detach_ move_axis mse_loss muon
syn keyword mosBuiltins nadam nadamw nan nan_to_num nan_to_num_hook nanmax nanmean nanmedian nanmin
syn keyword mosBuiltins nanstd nansum nanvar near neumann newton_cg newton_root nll_loss no_grad
syn keyword mosBuiltins nonzero norm normal_cg normalize ns ns_inv one_hot ones ones_like
syn keyword mosBuiltins optimistic optimistic_gradient_descent optimizer_step outer pad partition
syn keyword mosBuiltins permutation permute pi piecewise_constant piecewise_interpolate_schedule
syn keyword mosBuiltins pinv plot poisson_nll_loss polynomial_schedule pow prelu print prod profile
syn keyword mosBuiltins progress project prox_elastic_net prox_l1 prox_l2 prox_ridge
syn keyword mosBuiltins proximal_gradient put_along_axis qp qr quadratic_program quantile radam
syn keyword mosBuiltins rand rand_gamma rand_poisson randint randn random_key range read_table
syn keyword mosBuiltins read_text reciprocal recompute record recover_state recover_state_dict
syn keyword mosBuiltins reduce reduce_on_plateau register_hook relu relu6 repeat replace repr
syn keyword mosBuiltins reshape reversed rms_norm rmsprop roll round rprop rsqrt sam save scale
syn keyword mosBuiltins scale_by_adadelta scale_by_adam scale_by_adamax scale_by_radam scale_by_rms
syn keyword mosBuiltins scale_by_rss scale_by_schedule scale_by_stddev scan scatter_add
syn keyword mosBuiltins schedule_free schedule_free_eval_params searchsorted seed segment_sum selu
syn keyword mosBuiltins set_default_dtype sgd sgdr_schedule sigmoid sign sign_sgd silu simplex sin
syn keyword mosBuiltins sinh sleep slogdet smooth_l1_loss softmax softmin softplus softshrink
syn keyword mosBuiltins softsign solve solve_cg solve_inv solve_normal_cg sort sorted source_folder
syn keyword mosBuiltins spectral_map split split_key sqrt sqrtm square squeeze stack starts_with
syn keyword mosBuiltins std stop_gradient str strip sum summary svd swap_axes take take_along_axis
syn keyword mosBuiltins tan tanh tanhshrink tensor tensordot threshold tile time timer to tolist
syn keyword mosBuiltins topk trace transpose trapezoid tree_add tree_dot tree_flatten tree_leaves
syn keyword mosBuiltins tree_map tree_norm tree_ravel tree_reduce tree_scale tree_sub
syn keyword mosBuiltins tree_unflatten tree_zeros_like tree_zip triangular_solve tril trim
syn keyword mosBuiltins triplet_loss triu trunc truncate type unique upper value_and_grad values
syn keyword mosBuiltins var variance vjp vmap warmup_constant_schedule warmup_cosine_decay_schedule
syn keyword mosBuiltins warmup_cosine_schedule warmup_exponential_decay_schedule warmup_schedule
syn keyword mosBuiltins where while_loop write_text xlogy yogi zero_grad zero_nan zero_nan_hook
syn keyword mosBuiltins zero_order zeros zeros_like zip
" End.

" Names that `syn keyword` would take for its options; names that are keywords where a name or a text follows.
let s:options = 'contains'
let s:contextual_keywords = 'as\|buffer\|by\|extract\|from\|import\|model\|param\|recover\|test'
let s:modules = 'bilevel\|constraints\|data\|distributions\|es\|meta\|nn\|parallel\|rl\|testing'

let s:reserved = 'and\|assert\|break\|catch\|continue\|else\|false\|finally\|fn\|for\|if\|in\|let\|nil\|not\|or\|return\|throw\|true\|try\|while\|with'
let s:operand = '\ze\s\+\%(\%(' . s:reserved . '\)\>\)\@!\%(\k\|"\)'
execute 'syn match mosBuiltins /\<\%(' . s:options . '\)\>/'
execute 'syn match mosBuiltins /\<\%(' . s:contextual_keywords . '\)\ze(/'
execute 'syn match mosContextual /\<\%(' . s:contextual_keywords . '\)\>' . s:operand . '/'
syn match mosContextual /\<\%(extract\|recover\)\ze\s\+[({]/
syn match mosContextual /^\s*\zs\%(param\|buffer\)\ze\s\+[({]/
execute 'syn match mosModule /\<\%(' . s:modules . '\)\ze\./'

syn match mosAttribute /\.\s*\%(\d\)\@!\k\+/
syn match mosNumber /\<\d\+\%(_\d\+\)*\%(\.\d\+\%(_\d\+\)*\|\.\%(\.\|\k\)\@!\)\?\%([eE][+-]\?\d\+\%(_\d\+\)*\)\?/
syn match mosNumber /\<0[xX]\x\+\%(_\x\+\)*\>/
syn match mosNumber /\<0[bB][01]\+\%(_[01]\+\)*\>/
syn match mosNumber /\<0[oO]\o\+\%(_\o\+\)*\>/
syn match mosDecorator /^\s*@\k\+\%(\.\k\+\)*/
syn match mosOperator /[-+*\/%@&|~=<>!]\+/
syn match mosOperator /\.\.[.=]\?/
syn match mosFunction /\%(\<fn\s\+\)\@<=\k\+/
syn match mosClass /\%(\<model\s\+\)\@<=\k\+/

syn match mosComment /#.*/ contains=mosTodo,@Spell
syn match mosDocumentation /##.*/ contains=@Spell
syn match mosHashbang /\%^#!.*/
syn keyword mosTodo TODO FIXME XXX contained

syn cluster mosCode contains=TOP
syn region mosString matchgroup=mosString start=/"/ end=/"/ oneline contains=mosEscape,mosInterpolated,@Spell
syn region mosText matchgroup=mosString start=/"""/ end=/"""/ contains=mosEscape,mosInterpolated,@Spell
syn match mosEscape /\\\%(u{\x\+}\|[ntr"\\{}]\)/ contained
syn region mosInterpolated matchgroup=mosInterpolation start=/{/ end=/}/ contained contains=@mosCode,mosFormat,mosNested
" A `:` in brackets begins no format.
syn region mosNested start=/(/ end=/)/ contained transparent contains=@mosCode,mosNested
syn region mosNested start=/\[/ end=/\]/ contained transparent contains=@mosCode,mosNested
syn region mosNested start=/{/ end=/}/ contained transparent contains=@mosCode,mosNested
syn match mosFormat /:[^}"]*\ze}/ contained

syn sync fromstart

hi def link mosKeywords Keyword
hi def link mosContextual Keyword
hi def link mosConstants Constant
hi def link mosBuiltins Function
hi def link mosModule Include
hi def link mosNumber Number
hi def link mosDecorator PreProc
hi def link mosOperator Operator
hi def link mosFunction Function
hi def link mosClass Type
hi def link mosComment Comment
hi def link mosDocumentation SpecialComment
hi def link mosHashbang PreProc
hi def link mosTodo Todo
hi def link mosString String
hi def link mosText String
hi def link mosEscape SpecialChar
hi def link mosInterpolation Special
hi def link mosFormat Special

let b:current_syntax = 'mos'
let &cpoptions = s:saved
unlet s:saved
