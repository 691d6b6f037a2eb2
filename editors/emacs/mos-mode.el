;;; mos-mode.el --- Major mode for Mos  -*- lexical-binding: t; -*-

;; Version: 0.2.0
;; Package-Requires: ((emacs "26.1"))
;; Keywords: languages

;;; Commentary:

;; Colours, indentation and comments of Mos, a language for meta-optimization; `mos fmt', `mos check' and
;; `mos lsp', which Eglot starts.  The lists of words come from Mos itself: `make editors' writes them.
;;
;;   (add-to-list 'load-path "…/editors/emacs")
;;   (require 'mos-mode)
;;   (add-hook 'mos-mode-hook #'eglot-ensure)

;;; Code:

(require 'compile)
(require 'thingatpt)

(defgroup mos nil
  "Programs of Mos."
  :group 'languages)

(defcustom mos-program "mos"
  "The command that runs, checks and formats programs."
  :type 'string
  :safe #'stringp)

(defcustom mos-indent-offset 4
  "How many columns a block is indented."
  :type 'integer
  :safe #'integerp)

(defconst mos--keywords
  '(
    "and" "assert" "break" "catch" "continue" "else" "finally" "fn" "for" "if" "in" "let" "not"
    "or" "return" "self" "throw" "try" "while" "with"
    )
  "Words that are never names.")

(defconst mos--contextual-keywords
  '(
    "as" "buffer" "by" "extract" "from" "import" "model" "param" "recover" "test"
    )
  "Names that are keywords where a name or a text follows.")

(defconst mos--constants
  '(
    "false" "nil" "true"
    )
  "Words for values.")

(defconst mos--builtins
  '(
    "AMSGrad" "AdaBelief" "AdaDelta" "AdaGrad" "AdaMax" "Adadelta" "Adafactor" "Adagrad" "Adam"
    "AdamW" "Adamax" "Adan" "Backtracking" "Bernoulli" "Beta" "Categorical" "ClipNorm" "ClipValue"
    "Dirichlet" "EMA" "Exponential" "FDM" "ForwardGradient" "FuncOptimizer" "Gamma"
    "GaussianSmoothing" "GradApproximator" "HeavyBall" "LARS" "LBFGS" "LR" "Lamb" "Laplace" "Lion"
    "MeZO" "MetaAMSGrad" "MetaAdaBelief" "MetaAdaDelta" "MetaAdaGrad" "MetaAdaMax" "MetaAdadelta"
    "MetaAdafactor" "MetaAdagrad" "MetaAdam" "MetaAdamW" "MetaAdamax" "MetaAdan" "MetaLARS"
    "MetaLBFGS" "MetaLamb" "MetaLion" "MetaMuon" "MetaNAdam" "MetaNAdamW" "MetaOptimistic"
    "MetaOptimizer" "MetaRAdam" "MetaRMSProp" "MetaRMSprop" "MetaRprop" "MetaSAM" "MetaSGD"
    "MetaScheduleFree" "MetaSignSGD" "MetaYogi" "MultivariateNormal" "Muon" "NAG" "NAdam" "NAdamW"
    "NewtonCG" "Normal" "Optimistic" "Optimizer" "Orthogonal" "Poisson" "RAdam" "RDSA" "RMSProp"
    "RMSprop" "Rademacher" "RandomizedFDM" "Rprop" "SAM" "SGD" "SPSA" "ScheduleFree" "SignSGD"
    "Sphere" "StudentT" "Uniform" "Yogi" "abs" "accelerated_op_available" "accumulate" "acos"
    "acosh" "adabelief" "adadelta" "adafactor" "adagrad" "adam" "adamax" "adamw" "adan"
    "adaptive_clip" "add_decayed_weights" "add_noise" "affine_set" "all" "allclose" "amsgrad"
    "anomaly_detection" "any" "apply_if_finite" "apply_updates" "arange" "argmax" "argmin" "args"
    "argsort" "array_equal" "asin" "asinh" "atan" "atan2" "atanh" "auto_solve" "average"
    "avg_pool1d" "avg_pool2d" "backtracking" "backward" "ball" "batch_norm" "bernoulli" "bicgstab"
    "binary_cross_entropy" "binary_cross_entropy_with_logits" "bincount" "block_diag" "bool"
    "bounded" "box" "broadcast_to" "broyden" "ceil" "celu" "centralize" "cg" "chain" "check_grad"
    "checkpoint" "cho_factor" "choice" "cholesky" "cholesky_solve" "cholesky_solver" "chunk" "clip"
    "clip_grad_norm" "clip_grad_value" "clone" "code_points" "compile" "concat" "cond"
    "constant_schedule" "contains" "conv1d" "conv2d" "conv_transpose1d" "conv_transpose2d"
    "corrcoef" "cos" "cosh" "cosine_decay_schedule" "cosine_embedding_loss"
    "cosine_onecycle_schedule" "cosine_similarity" "count_nonzero" "cov" "cross" "cross_entropy"
    "crosscheck" "cummax" "cummin" "cumprod" "cumsum" "custom_fixed_point" "custom_jvp"
    "custom_root" "custom_vjp" "det" "detach" "devices" "diag" "diagonal" "diff" "digamma" "dot"
    "dropout" "dtype" "e" "eig" "eigh" "eigvals" "eigvalsh" "einsum" "elu" "ema" "embedding"
    "ends_with" "enumerate" "env" "erf" "erfc" "erfinv" "estimate" "exists" "exit" "exp"
    "expand_dims" "explain" "expm" "expm1" "exponential_decay" "extract_state" "extract_state_dict"
    "eye" "f32" "f64" "filter" "find" "fixed_point" "flatten" "flip" "float" "floor" "format"
    "freeze" "from_code_points" "full" "full_like" "functional" "gather" "gauss_newton"
    "gaussian_nll_loss" "gelu" "glu" "gmres" "grad" "graph" "group_norm" "gumbel_softmax"
    "halfspace" "hardshrink" "hardsigmoid" "hardswish" "hardtanh" "heavy_ball" "help" "hessian"
    "hinge_embedding_loss" "hinge_loss" "histogram" "huber_loss" "hvp" "hyperplane" "hypot" "i64"
    "identity" "image" "implicit" "index_add" "inf" "inject_hyperparams" "inner" "inner_loop"
    "input" "instance_norm" "int" "interp" "inv" "inv_solve" "isclose" "isfinite" "isinf" "isnan"
    "item" "items" "jacobian" "jet" "join" "join_schedules" "json_parse" "json_text" "jvp" "keys"
    "kl" "kl_div" "kron" "l1_loss" "lamb" "lars" "layer_norm" "lbfgs" "leaky_relu" "len"
    "levenberg_marquardt" "lgamma" "line_search" "linear_onecycle_schedule" "linear_schedule"
    "linearize" "lines" "linspace" "lion" "list" "list_files" "load" "log" "log10" "log1p" "log2"
    "log_sigmoid" "log_softmax" "logaddexp" "logcumsumexp" "logdet" "logit" "logm" "logspace"
    "logsumexp" "lookahead" "lower" "lstsq" "lstsq_solve" "lu" "lu_factor" "lu_solve" "make_dot"
    "make_folder" "make_functional" "map" "margin_ranking_loss" "masked" "matmul" "matrix_exp"
    "matrix_power" "matrix_rank" "max" "max_pool1d" "max_pool2d" "maximum" "mean" "median" "memory"
    "meshgrid" "min" "minimize" "minimum" "minres" "mish" "module_clone" "module_detach_"
    "move_axis" "mse_loss" "muon" "nadam" "nadamw" "nan" "nan_to_num" "nan_to_num_hook" "nanmax"
    "nanmean" "nanmedian" "nanmin" "nanstd" "nansum" "nanvar" "near" "neumann" "newton_cg"
    "newton_root" "nll_loss" "no_grad" "nonzero" "norm" "normal_cg" "normalize" "ns" "ns_inv"
    "one_hot" "ones" "ones_like" "optimistic" "optimistic_gradient_descent" "optimizer_step"
    "outer" "pad" "param" "partition" "permutation" "permute" "pi" "piecewise_constant"
    "piecewise_interpolate_schedule" "pinv" "plot" "poisson_nll_loss" "polynomial_schedule" "pow"
    "prelu" "print" "prod" "profile" "progress" "project" "prox_elastic_net" "prox_l1" "prox_l2"
    "prox_ridge" "proximal_gradient" "put_along_axis" "qp" "qr" "quadratic_program" "quantile"
    "radam" "rand" "rand_gamma" "rand_poisson" "randint" "randn" "random_key" "range" "read_table"
    "read_text" "reciprocal" "recompute" "record" "recover_state" "recover_state_dict" "reduce"
    "reduce_on_plateau" "register_hook" "relu" "relu6" "repeat" "replace" "repr" "reshape"
    "reversed" "rms_norm" "rmsprop" "roll" "round" "rprop" "rsqrt" "sam" "save" "scale"
    "scale_by_adadelta" "scale_by_adam" "scale_by_adamax" "scale_by_radam" "scale_by_rms"
    "scale_by_rss" "scale_by_schedule" "scale_by_stddev" "scan" "scatter_add" "schedule_free"
    "schedule_free_eval_params" "searchsorted" "seed" "segment_sum" "selu" "set_default_dtype"
    "sgd" "sgdr_schedule" "sigmoid" "sign" "sign_sgd" "silu" "simplex" "sin" "sinh" "sleep"
    "slogdet" "smooth_l1_loss" "softmax" "softmin" "softplus" "softshrink" "softsign" "solve"
    "solve_cg" "solve_inv" "solve_normal_cg" "sort" "sorted" "source_folder" "spectral_map" "split"
    "split_key" "sqrt" "sqrtm" "square" "squeeze" "stack" "starts_with" "std" "stop_gradient" "str"
    "strip" "sum" "summary" "svd" "swap_axes" "take" "take_along_axis" "tan" "tanh" "tanhshrink"
    "tensor" "tensordot" "threshold" "tile" "time" "timer" "to" "tolist" "topk" "trace" "transpose"
    "trapezoid" "tree_add" "tree_dot" "tree_flatten" "tree_leaves" "tree_map" "tree_norm"
    "tree_ravel" "tree_reduce" "tree_scale" "tree_sub" "tree_unflatten" "tree_zeros_like"
    "tree_zip" "triangular_solve" "tril" "trim" "triplet_loss" "triu" "trunc" "truncate" "type"
    "unique" "upper" "value_and_grad" "values" "var" "variance" "vjp" "vmap"
    "warmup_constant_schedule" "warmup_cosine_decay_schedule" "warmup_cosine_schedule"
    "warmup_exponential_decay_schedule" "warmup_schedule" "where" "while_loop" "write_text" "xlogy"
    "yogi" "zero_grad" "zero_nan" "zero_nan_hook" "zero_order" "zeros" "zeros_like" "zip"
    )
  "Names of the library.")

(defconst mos--modules
  '(
    "bilevel" "constraints" "data" "distributions" "es" "meta" "nn" "rl" "testing"
    )
  "Modules of the standard library.")

(defvar mos-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?_ "_" table)
    (modify-syntax-entry ?\\ "\\" table)
    ;; Texts are found by `mos--propertize', which knows their interpolations.
    (modify-syntax-entry ?\" "." table)
    (modify-syntax-entry ?' "." table)
    (dolist (sign '(?+ ?- ?* ?/ ?% ?@ ?& ?| ?~ ?= ?< ?> ?! ?. ?: ?, ?\;))
      (modify-syntax-entry sign "." table))
    table)
  "Syntax table of `mos-mode'.")

;; A text is a string from its quotes to the brace of an interpolation, and from that one's other brace to the
;; next or to its end: what stands in the braces is code like any other, texts with interpolations included.

(defun mos--mark (place)
  "Make the character at PLACE the beginning or the end of a string."
  (put-text-property place (1+ place) 'syntax-table (string-to-syntax "|")))

(defun mos--propertize (start end)
  "Mark the texts between START, where none is open, and END."
  (remove-text-properties start end '(mos-brace nil mos-format nil))
  (goto-char start)
  ;; What is open, innermost first: the quotes of a text, or how many brackets are open in an interpolation.
  (let ((open nil))
    (while (and (< (point) end)
                (re-search-forward (if (stringp (car open)) "[\\\"{\n]" "[]\"#:(){}[]") end t))
      (setq open (if (stringp (car open)) (mos--read-text open) (mos--read-code open))))))

(defun mos--read-text (open)
  "Read the sign before point in the text that is OPEN; give what is open then."
  (let ((place (1- (point))))
    (pcase (char-before)
      (?\\ (if (looking-at "u{[[:xdigit:]]*}")
               (goto-char (match-end 0))
             (unless (eobp) (forward-char)))
           open)
      (?{ (mos--brace place) (cons 0 open))
      ;; The end of its line gives a text in single quotes up.
      (?\n (if (equal (car open) "\"") (progn (mos--mark place) (cdr open)) open))
      (_ (cond ((equal (car open) "\"") (mos--mark place) (cdr open))
               ((looking-at "\"\"") (forward-char 2) (mos--mark (1- (point))) (cdr open))
               (t open))))))

(defun mos--read-code (open)
  "Read the sign before point in code, where OPEN is open; give what is open then."
  (let* ((place (1- (point)))
         (sign (char-before))
         (depth (car open)))
    (cond
     ((eq sign ?#) (end-of-line) open)
     ((eq sign ?\")
      (mos--mark place)
      (if (looking-at "\"\"")
          (progn (forward-char 2) (cons "\"\"\"" open))
        (cons "\"" open)))
     ((null open) nil)
     ((memq sign '(?\( ?\[ ?{)) (cons (1+ depth) (cdr open)))
     ((and (eq sign ?}) (= depth 0)) (mos--brace place) (cdr open))
     ((memq sign '(?\) ?\] ?})) (cons (max 0 (1- depth)) (cdr open)))
     ((and (= depth 0) (looking-at "[^}\"\n]*}"))
      (goto-char (1- (match-end 0)))
      (put-text-property place (point) 'mos-format t)
      open)
     (t open))))

(defun mos--brace (place)
  "Mark the brace of an interpolation at PLACE."
  (mos--mark place)
  (put-text-property place (1+ place) 'mos-brace t))

(defun mos--from-beginning (_start end)
  "Read from the beginning up to END, where alone no text is known to be open."
  (cons (point-min) end))

;; Colours.

(defun mos--in-text-or-comment (place)
  "Whether a string or a comment is at PLACE."
  (save-excursion (nth 8 (syntax-ppss place))))

(defun mos--words (words)
  "A search for WORDS that stand behind no point."
  (let ((pattern (concat "\\_<" (regexp-opt words t) "\\_>")))
    (lambda (limit)
      (let ((found nil))
        (while (and (not found) (re-search-forward pattern limit t))
          (let ((start (match-beginning 0)))
            (setq found (or (not (eq (char-before start) ?.)) (eq (char-before (1- start)) ?.)))))
        found))))

(defun mos--property (name)
  "A search for what has the text property NAME."
  (lambda (limit)
    (let ((start (if (get-text-property (point) name)
                     (point)
                   (next-single-property-change (point) name nil limit))))
      (when (and start (< start limit))
        (goto-char (next-single-property-change start name nil limit))
        (set-match-data (list start (point)))
        t))))

(defconst mos--name "[[:alpha:]_]\\(?:\\sw\\|\\s_\\)*")

(defun mos--number (limit)
  "Search before LIMIT for a number, which `1.' is and `1..' is not."
  (when (re-search-forward "\\_<[0-9]" limit t)
    (let ((start (match-beginning 0)))
      (goto-char start)
      (if (looking-at "0[xX][[:xdigit:]_]+\\|0[bB][01_]+\\|0[oO][0-7_]+")
          (goto-char (match-end 0))
        (skip-chars-forward "0-9_")
        (cond ((looking-at "\\.[0-9][0-9_]*") (goto-char (match-end 0)))
              ((looking-at "\\.\\([^.[:alpha:]_]\\|$\\)") (forward-char)))
        (when (looking-at "[eE][-+]?[0-9][0-9_]*") (goto-char (match-end 0))))
      (set-match-data (list start (point)))
      t)))

(defun mos--escape (limit)
  "Search for an escape in a text before LIMIT."
  (let ((found nil))
    (while (and (not found)
                (re-search-forward "\\\\\\(?:u{[[:xdigit:]]+}\\|[]ntr\"\\\\{}]\\)" limit t))
      (setq found (save-match-data (nth 3 (save-excursion (syntax-ppss (match-beginning 0)))))))
    found))

(defun mos--contextual (limit)
  "Search before LIMIT for a contextual keyword where it is one."
  (let ((search (mos--words mos--contextual-keywords))
        (found nil))
    (while (and (not found) (funcall search limit))
      (setq found
            (save-match-data
              (or (and (looking-at (concat "[ \t]+\\(?:\"\\|\\(" mos--name "\\)\\)"))
                       (not (and (match-string 1)
                                 (not (equal (match-string 1) "self"))
                                 (member (match-string 1) (append mos--keywords mos--constants)))))
                  (and (looking-at "[ \t]+[({]")
                       (save-excursion
                         (goto-char (- (point) 1))
                         (goto-char (car (bounds-of-thing-at-point 'symbol)))
                         (or (looking-at "extract\\|recover")
                             (and (looking-at "param\\|buffer")
                                  (progn (skip-chars-backward " \t") (bolp))))))))))
    found))

(defconst mos-font-lock-keywords
  `((,(mos--property 'mos-brace) 0 font-lock-preprocessor-face t)
    (,(mos--property 'mos-format) 0 font-lock-preprocessor-face t)
    (mos--escape 0 font-lock-constant-face t)
    (,(concat "^\\s-*\\(@" mos--name "\\(?:\\." mos--name "\\)*\\)") 1 font-lock-type-face)
    (,(concat "\\_<fn\\s-+\\(" mos--name "\\)") 1 font-lock-function-name-face)
    (,(concat "\\_<model\\s-+\\(" mos--name "\\)\\s-*[({]") 1 font-lock-type-face)
    (,(mos--words mos--keywords) 0 font-lock-keyword-face)
    (mos--contextual 0 font-lock-keyword-face)
    (,(mos--words mos--constants) 0 font-lock-constant-face)
    (,(mos--words mos--builtins) 0 font-lock-builtin-face)
    (mos--number 0 'mos-number-face))
  "What `mos-mode' colours.")

(defface mos-number-face '((t :inherit font-lock-constant-face))
  "Face of numbers.")

;; Indentation: a line is one step deeper than the line that opened the bracket around it, and one more where
;; it goes on with the statement above.

(defconst mos--unfinished "\\(?:[-+*/%@&|~=<>]\\|\\_<\\(?:and\\|or\\|not\\|in\\)\\|\\.\\.=?\\)\\s-*\\(?:#.*\\)?$")

(defun mos--ends-unfinished (limit)
  "Whether the code before the current line, back to LIMIT, ends in an operator."
  (save-excursion
    (forward-line 0)
    (forward-comment (- (point)))
    (and (> (point) limit)
         (not (bobp))
         (not (mos--in-text-or-comment (1- (point))))
         (let ((end (point)))
           (forward-line 0)
           (re-search-forward mos--unfinished (min (1+ end) (point-max)) t)))))

(defun mos--depth ()
  "How far the current line is to be indented; nil for lines of a text."
  (save-excursion
    (back-to-indentation)
    (let* ((state (save-excursion (syntax-ppss (line-beginning-position))))
           (bracket (nth 1 state)))
      (cond
       ((nth 3 state) nil)
       ((and bracket (looking-at "[])}]"))
        (goto-char bracket)
        (current-indentation))
       ((and bracket (not (eq (char-after bracket) ?{))
             (save-excursion (goto-char (1+ bracket)) (looking-at "[ \t]*[^ \t\n#]")))
        (goto-char bracket)
        (1+ (current-column)))
       (t (+ (if bracket
                 (save-excursion (goto-char bracket) (+ (current-indentation) mos-indent-offset))
               0)
             (if (or (looking-at "|>\\|\\.[[:alpha:]_]") (mos--ends-unfinished (or bracket 0)))
                 mos-indent-offset
               0)))))))

(defun mos-indent-line ()
  "Indent the current line."
  (let ((depth (mos--depth)))
    (if (null depth)
        'noindent
      (save-excursion (indent-line-to depth))
      (when (< (current-column) depth) (back-to-indentation)))))

;; Commands.

(defun mos-format-buffer ()
  "Write the program in form; one that does not parse stays as it is."
  (interactive)
  (let ((buffer (current-buffer))
        (output (generate-new-buffer " *mos fmt*")))
    (unwind-protect
        (if (eq 0 (call-process-region nil nil mos-program nil (list output nil) nil "fmt" "-"))
            (with-current-buffer buffer (replace-buffer-contents output))
          (message "mos fmt: the program does not parse"))
      (kill-buffer output))))

(defun mos-run ()
  "Run the program of this buffer's file."
  (interactive)
  (compile (concat (shell-quote-argument mos-program) " " (shell-quote-argument buffer-file-name))))

(defvar mos-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'mos-run)
    (define-key map (kbd "C-c C-f") #'mos-format-buffer)
    map)
  "Keys of `mos-mode'.")

(add-to-list 'compilation-error-regexp-alist-alist
             '(mos "^ *--> \\(.+\\):\\([0-9]+\\):\\([0-9]+\\)$" 1 2 3))
(add-to-list 'compilation-error-regexp-alist 'mos)

;;;###autoload
(define-derived-mode mos-mode prog-mode "Mos"
  "Major mode for programs of Mos."
  (setq-local comment-start "# ")
  (setq-local comment-end "")
  (setq-local comment-start-skip "#+\\s-*")
  (setq-local indent-tabs-mode nil)
  (setq-local indent-line-function #'mos-indent-line)
  (setq-local electric-indent-chars (append "{}[]()" electric-indent-chars))
  (setq-local syntax-propertize-function #'mos--propertize)
  (add-hook 'syntax-propertize-extend-region-functions #'mos--from-beginning nil t)
  (setq-local font-lock-defaults '(mos-font-lock-keywords))
  (setq-local compile-command (concat mos-program " check ."))
  (setq-local imenu-generic-expression
              `((nil ,(concat "^\\s-*fn\\s-+\\(" mos--name "\\)") 1)
                ("Models" ,(concat "^model\\s-+\\(" mos--name "\\)") 1))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.mos\\'" . mos-mode))
;;;###autoload
(add-to-list 'interpreter-mode-alist '("mos" . mos-mode))

;; Eglot asks `mos lsp'.
(defvar eglot-server-programs)
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs `(mos-mode . (,mos-program "lsp"))))

(provide 'mos-mode)
;;; mos-mode.el ends here
