from ipykernel.kernelapp import IPKernelApp

from .kernel import MosKernel

IPKernelApp.launch_instance(kernel_class=MosKernel)
