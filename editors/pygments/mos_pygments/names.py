"""The words of Mos, from the tables of its lexer and its library: `make editors` writes them."""

KEYWORDS = """
and assert break catch continue else finally fn for if in let not or return self throw try while
with
""".split()

CONTEXTUAL_KEYWORDS = """
as buffer by extract from import model param recover test
""".split()

CONSTANTS = """
false nil true
""".split()

BUILTINS = """
AMSGrad AdaBelief AdaDelta AdaGrad AdaMax Adadelta Adafactor Adagrad Adam AdamW Adamax Adan
Backtracking Bernoulli Beta Categorical ClipNorm ClipValue Dirichlet EMA Exponential FDM
ForwardGradient FuncOptimizer Gamma GaussianSmoothing GradApproximator HeavyBall LARS LBFGS LR Lamb
Laplace Lion MeZO MetaAMSGrad MetaAdaBelief MetaAdaDelta MetaAdaGrad MetaAdaMax MetaAdadelta
MetaAdafactor MetaAdagrad MetaAdam MetaAdamW MetaAdamax MetaAdan MetaLARS MetaLBFGS MetaLamb
MetaLion MetaMuon MetaNAdam MetaNAdamW MetaOptimistic MetaOptimizer MetaRAdam MetaRMSProp
MetaRMSprop MetaRprop MetaSAM MetaSGD MetaScheduleFree MetaSignSGD MetaYogi MultivariateNormal Muon
NAG NAdam NAdamW NewtonCG Normal Optimistic Optimizer Orthogonal Poisson RAdam RDSA RMSProp RMSprop
Rademacher RandomizedFDM Rprop SAM SGD SPSA ScheduleFree SignSGD Sphere StudentT Uniform Yogi abs
accelerated_op_available accumulate acos acosh adabelief adadelta adafactor adagrad adam adamax
adamw adan adaptive_clip add_decayed_weights add_noise affine_set all allclose amsgrad
anomaly_detection any apply_if_finite apply_updates arange argmax argmin args argsort array_equal
asin asinh atan atan2 atanh auto_solve average avg_pool1d avg_pool2d backtracking backward ball
batch_norm bernoulli bicgstab binary_cross_entropy binary_cross_entropy_with_logits bincount
block_diag bool bounded box broadcast_to broyden ceil celu centralize cg chain check_grad
checkpoint cho_factor choice cholesky cholesky_solve cholesky_solver chunk clip clip_grad_norm
clip_grad_value clone code_points communicator compile concat cond constant_schedule contains
conv1d conv2d conv_transpose1d conv_transpose2d corrcoef cos cosh cosine_decay_schedule
cosine_embedding_loss cosine_onecycle_schedule cosine_similarity count_nonzero cov cross
cross_entropy crosscheck cummax cummin cumprod cumsum custom_fixed_point custom_jvp custom_root
custom_vjp det detach devices diag diagonal diff digamma dot dropout dtype e eig eigh eigvals
eigvalsh einsum elu ema embedding ends_with enumerate env erf erfc erfinv estimate exists exit exp
expand_dims explain expm expm1 exponential_decay extract_state extract_state_dict eye f32 f64
filter find fixed_point flatten flip float floor format freeze from_code_points full full_like
functional gather gauss_newton gaussian_nll_loss gelu glu gmres grad graph group_norm
gumbel_softmax halfspace hardshrink hardsigmoid hardswish hardtanh heavy_ball help hessian
hinge_embedding_loss hinge_loss histogram huber_loss hvp hyperplane hypot i64 identity image
implicit index_add inf inject_hyperparams inner inner_loop input instance_norm int interp inv
inv_solve isclose isfinite isinf isnan item items jacobian jet join join_schedules json_parse
json_text jvp keys kl kl_div kron l1_loss lamb lars layer_norm lbfgs leaky_relu len
levenberg_marquardt lgamma line_search linear_onecycle_schedule linear_schedule linearize lines
linspace lion list list_files load log log10 log1p log2 log_sigmoid log_softmax logaddexp
logcumsumexp logdet logit logm logspace logsumexp lookahead lower lstsq lstsq_solve lu lu_factor
lu_solve make_dot make_folder make_functional map margin_ranking_loss masked matmul matrix_exp
matrix_power matrix_rank max max_pool1d max_pool2d maximum mean median memory meshgrid min minimize
minimum minres mish module_clone module_detach_ move_axis mse_loss muon nadam nadamw nan nan_to_num
nan_to_num_hook nanmax nanmean nanmedian nanmin nanstd nansum nanvar near neumann newton_cg
newton_root nll_loss no_grad nonzero norm normal_cg normalize ns ns_inv one_hot ones ones_like
optimistic optimistic_gradient_descent optimizer_step outer pad param partition permutation permute
pi piecewise_constant piecewise_interpolate_schedule pinv plot poisson_nll_loss polynomial_schedule
pow prelu print prod profile progress project prox_elastic_net prox_l1 prox_l2 prox_ridge
proximal_gradient put_along_axis qp qr quadratic_program quantile radam rand rand_gamma
rand_poisson randint randn random_key range read_table read_text reciprocal recompute record
recover_state recover_state_dict reduce reduce_on_plateau register_hook relu relu6 repeat replace
repr reshape reversed rms_norm rmsprop roll round rprop rsqrt sam save scale scale_by_adadelta
scale_by_adam scale_by_adamax scale_by_radam scale_by_rms scale_by_rss scale_by_schedule
scale_by_stddev scan scatter_add schedule_free schedule_free_eval_params searchsorted seed
segment_sum selu set_default_dtype sgd sgdr_schedule sigmoid sign sign_sgd silu simplex sin sinh
sleep slogdet smooth_l1_loss softmax softmin softplus softshrink softsign solve solve_cg solve_inv
solve_normal_cg sort sorted source_folder spectral_map split split_key sqrt sqrtm square squeeze
stack starts_with std stop_gradient str strip sum summary svd swap_axes take take_along_axis tan
tanh tanhshrink tensor tensordot threshold tile time timer to tolist topk trace transpose trapezoid
tree_add tree_dot tree_flatten tree_leaves tree_map tree_norm tree_ravel tree_reduce tree_scale
tree_sub tree_unflatten tree_zeros_like tree_zip triangular_solve tril trim triplet_loss triu trunc
truncate type unique upper value_and_grad values var variance vjp vmap warmup_constant_schedule
warmup_cosine_decay_schedule warmup_cosine_schedule warmup_exponential_decay_schedule
warmup_schedule where while_loop write_text xlogy yogi zero_grad zero_nan zero_nan_hook zero_order
zeros zeros_like zip
""".split()

MODULES = """
bilevel constraints data distributions es meta nn parallel rl testing
""".split()

OPERATORS = """
**= ... ..= //= != %= &= ** *= += -= -> .. // /= <= == => >= @= |= |> % & * + - . / < = > @ | ~
""".split()
