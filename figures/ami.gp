# ami by forced-apart 0.1.0; draw it again with: gnuplot ami.gp
set encoding utf8
do for [kind in 'svg png'] {
reset
set datafile separator ','
set border 3 linewidth 1 linecolor rgb '#555555'
set tics nomirror out scale 0.5
if (kind eq 'svg') {
set terminal svg noenhanced size 720,480 dynamic font 'Helvetica,15' background '#ffffff'
} else {
set terminal pngcairo noenhanced size 1080,720 font 'Helvetica,15' fontscale 1.5 linewidth 1.5 pointscale 1.5 background '#ffffff'
}
set output 'ami.'.kind
set xlabel 'number of clusters'
set ylabel 'AMI_max with the hidden classes'
set xtics 2
set key bottom right reverse Left samplen 2
set grid ytics lc rgb '#dddddd'
set style fill transparent solid 0.15 noborder
plot 'ami-1.csv' skip 1 using 1:3:4 with filledcurves lc rgb '#0072b2' notitle, \
'ami-1.csv' skip 1 using 1:2 with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' title 'run'
unset output
}
