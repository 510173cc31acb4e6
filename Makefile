# For those who like make; run.py does the work.
.PHONY: lab test style claims notebooks explore
lab test style claims notebooks explore:
	python3 run.py $@
