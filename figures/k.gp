# k by forced-apart 0.1.0; draw it again with: gnuplot k.gp
set encoding utf8
do for [kind in 'svg png'] {
reset
set datafile separator ','
set border 3 linewidth 1 linecolor rgb '#555555'
set tics nomirror out scale 0.5
if (kind eq 'svg') {
set terminal svg noenhanced size 960,340 dynamic font 'Helvetica,15' background '#ffffff'
} else {
set terminal pngcairo noenhanced size 1440,510 font 'Helvetica,15' fontscale 1.5 linewidth 1.5 pointscale 1.5 background '#ffffff'
}
set output 'k.'.kind
set multiplot layout 1,3
set tics font ',12'
set xrange [1.5:9.5]
set xlabel 'number of clusters'
set xtics 4
set grid ytics lc rgb '#dddddd'
set style fill transparent solid 0.2 noborder
set arrow from 6, graph 0 to 6, graph 1 nohead dt 2 lc rgb '#999999'
set title 'silhouette'
set yrange [*<0:*]
plot 'k-1.csv' skip 1 using 1:2 with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' notitle
set title 'stability on subsamples (ARI)'
set yrange [*<0:1.05]
plot 'k-1.csv' skip 1 using 1:($3-$4):($3+$4) with filledcurves lc rgb '#0072b2' notitle, \
'k-1.csv' skip 1 using 1:3 with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' notitle
set title 'mean squared distance'
set yrange [0:*]
plot 'k-1.csv' skip 1 using 1:6 with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' notitle
unset multiplot
unset output
}
