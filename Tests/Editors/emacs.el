;;; emacs.el --- The face of each character of programs, as a letter of check.py  -*- lexical-binding: t; -*-

(setq byte-compile-error-on-warn t)
(let ((source (expand-file-name "emacs/mos-mode.el" (getenv "MOS_EDITORS_FOLDER"))))
  (setq byte-compile-dest-file-function
        (lambda (_) (expand-file-name "mos-mode.elc" (getenv "MOS_PROGRAMS"))))
  (unless (byte-compile-file source) (kill-emacs 1))
  (load (expand-file-name "mos-mode.elc" (getenv "MOS_PROGRAMS"))))

(defun test-letter (place)
  "The letter of the character at PLACE."
  (let ((face (get-text-property place 'face)))
    (pcase (if (consp face) (car face) face)
      ('font-lock-keyword-face "k")
      ('font-lock-builtin-face "b")
      ('mos-number-face "n")
      ('font-lock-string-face "\"")
      ('font-lock-doc-face "\"")
      ('font-lock-preprocessor-face "i")
      ((or 'font-lock-comment-face 'font-lock-comment-delimiter-face) "#")
      ('font-lock-constant-face (if (nth 3 (save-excursion (syntax-ppss place))) "\"" "c"))
      (_ "w"))))

(dolist (program (directory-files (getenv "MOS_PROGRAMS") t "\\.mos\\'"))
  (with-temp-buffer
    (insert-file-contents program)
    (let ((coding-system-for-write 'utf-8)
          (name (file-name-sans-extension program))
          (letters nil))
      (delay-mode-hooks (mos-mode))
      (font-lock-mode 1)
      (font-lock-ensure)
      (dotimes (index (buffer-size))
        (push (if (eq (char-after (1+ index)) ?\n) "\n" (test-letter (1+ index))) letters))
      (write-region (apply #'concat (nreverse letters)) nil (concat name ".emacs") nil 'quiet)
      (let ((inhibit-message t)) (indent-region (point-min) (point-max)))
      (write-region nil nil (concat name ".emacs-indented") nil 'quiet))))
