from opine_training.cli import main

main()
