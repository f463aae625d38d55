# training by forced-apart 0.1.0; draw it again with: gnuplot training.gp
set encoding utf8
do for [kind in 'svg png'] {
reset
set datafile separator ','
set border 3 linewidth 1 linecolor rgb '#555555'
set tics nomirror out scale 0.5
if (kind eq 'svg') {
set terminal svg noenhanced size 960,560 dynamic font 'Helvetica,15' background '#ffffff'
} else {
set terminal pngcairo noenhanced size 1440,840 font 'Helvetica,15' fontscale 1.5 linewidth 1.5 pointscale 1.5 background '#ffffff'
}
set output 'training.'.kind
set multiplot layout 2,3
set xlabel 'epoch'
set grid ytics lc rgb '#dddddd'
set xrange [0.5:2.5]
set tics font ',12'
set ytics autofreq
set format y '%.3g'
set xtics 1
set title 'task loss'
set yrange [0:*]
plot 'training-1.csv' skip 1 using 1:2 with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' notitle, \
'training-1.csv' skip 1 using 1:6 with lines lw 1.5 dt 2 lc rgb '#0072b2' notitle
set title 'component / its first value'
set yrange [0:*]
plot 'training-1.csv' skip 1 using 1:10 with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' notitle
set title 'coarse accuracy'
set yrange [*:1]
plot 'training-1.csv' skip 1 using 1:5 with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' notitle, \
'training-1.csv' skip 1 using 1:7 with lines lw 1.5 dt 2 lc rgb '#0072b2' notitle
set title 'share of dead units'
set yrange [0:1]
plot 'training-1.csv' skip 1 using 1:9 with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' notitle
set title 'gradient norm'
set yrange [0:*]
plot 'training-1.csv' skip 1 using 1:8 with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' notitle
unset title
unset xlabel
unset tics
unset border
unset grid
set yrange [0:1]
set xrange [0:1]
set key center center reverse Left samplen 3
plot NaN with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' title 'run', \
NaN with lines lw 2 lc rgb '#555555' title 'training', \
NaN with lines lw 1.5 dt 2 lc rgb '#555555' title 'validation'
unset multiplot
unset output
}
